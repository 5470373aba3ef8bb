// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

import io.netty.util.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Says which of its faults this Netty still has, in {@code target/netty-bugs.md} and, where one is gone, loudly: what guards
 * against it may go then. Whether it has them is no failure of ours.
 */
@Timeout(60)
class NettyBugsTest {
    private static final Path REPORT = Path.of("target", "netty-bugs.md");
    private static final Map<NettyBug, String> ROWS = new EnumMap<>(NettyBug.class);

    @ParameterizedTest
    @EnumSource
    void shouldTellWhetherNettyStillHasIt(NettyBug bug) throws Exception {
        NettyBug.Sighting sighting = bug.look();
        if (!sighting.there()) {
            System.err.println(
                    "\n*** NETTY " + version() + " HAS NO " + bug + " ANY MORE: " + sighting.words() + " ***\n");
        }
        ROWS.put(
                bug,
                "| " + version() + " | " + bug + " | " + (sighting.there() ? "there" : "gone") + " | "
                        + sighting.words() + " |");
    }

    private static String version() {
        return Version.identify().get("netty-transport-classes-epoll").artifactVersion();
    }

    @AfterAll
    static void writeReport() throws IOException {
        StringBuilder table = new StringBuilder("| Netty | bug | | what was seen |\n| --- | --- | --- | --- |\n");
        ROWS.values().forEach(row -> table.append(row).append('\n'));
        System.out.print(table);
        Files.createDirectories(REPORT.getParent());
        Files.writeString(REPORT, table);
    }
}
