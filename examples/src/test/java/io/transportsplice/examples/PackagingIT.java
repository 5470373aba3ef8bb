// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What there is for service managers. */
@Timeout(60)
class PackagingIT {
    /** In tenths: what systemd calls OK is below 50, and most services are above 90. */
    private static final String MOST_EXPOSED = "20";

    @TempDir
    private static Path directory;

    private static String unit;

    @BeforeAll
    static void copy() throws IOException {
        Programs.require("systemd-analyze");
        String text = Files.readString(Path.of("packaging/tcp-proxy.service"));
        Path java = Path.of(System.getProperty("java.home"), "bin/java");
        unit = Files.writeString(directory.resolve("tcp-proxy.service"), text.replace("/usr/bin/java", java.toString()))
                .toString();
    }

    @Test
    void shouldHaveAUnitThatSystemdUnderstands() {
        assertEquals(new Ended(0, ""), Programs.run("systemd-analyze", "verify", "--man=no", unit));
    }

    @Test
    void shouldExposeLittle() {
        Programs.mustSucceed(Programs.run(
                "systemd-analyze", "security", "--offline=true", "--threshold=" + MOST_EXPOSED, "--no-pager", unit));
    }

    @Test
    void shouldAllowTheSystemCallsOfSplicing() {
        Ended general = Programs.run("systemd-analyze", "syscall-filter", "--no-pager", "@system-service");
        Ended ipc = Programs.run("systemd-analyze", "syscall-filter", "--no-pager", "@ipc");
        assertTrue(general.out().contains(" splice\n") && general.out().contains(" @ipc\n"), general::out);
        assertTrue(ipc.out().contains(" pipe2\n"), ipc::out);
        for (String denied : new String[] {"@privileged", "@resources"}) {
            Ended calls = Programs.run("systemd-analyze", "syscall-filter", "--no-pager", denied);
            assertTrue(!calls.out().contains(" splice\n") && !calls.out().contains(" pipe2\n"), calls::out);
        }
    }
}
