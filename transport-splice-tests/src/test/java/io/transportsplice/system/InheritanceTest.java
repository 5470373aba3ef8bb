// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceMetrics;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FdCensus;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jnr.ffi.LibraryLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A child that inherits a pipe keeps it open, with whatever is inside. */
@ExtendWith(Baseline.class)
class InheritanceTest {
    private static final Pattern PIPE = Pattern.compile("pipe:\\[\\d+]");

    /** Starts a child as C does: Java's own way closes what the child should not have inherited. */
    public interface C {
        int system(String command);
    }

    @TempDir
    private Path dir;

    @Test
    void shouldLeaveNoPipeToAChildThatIsStartedWhileBuffersAreInFlight() throws Exception {
        C libc = LibraryLoader.create(C.class).load("c");
        Set<String> before = pipesOfAChild(libc);
        int inheritable = FdCensus.inheritablePipes();
        try (Rig rig = new Rig(Mode.SPLICE)) {
            Link link = rig.smallBuffers().link(Route.TCP_TCP_UP);
            Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, 1 << 20, 1 << 16));
            Await.until("a buffer is in flight", () -> SpliceMetrics.snapshot().buffersInFlight() > 0);
            rig.relay().awaitRest();
            assertTrue(SpliceMetrics.snapshot().pipesInUse() > 0);
            assertEquals(before, pipesOfAChild(libc));
            assertEquals(inheritable, FdCensus.inheritablePipes());
            link.sink().receive(link.forward(), 0, 1 << 20);
            Rig.await(sending);
        }
    }

    private Set<String> pipesOfAChild(C libc) throws Exception {
        Path listing = dir.resolve("fds");
        assertEquals(0, libc.system("exec ls -l /proc/self/fd > " + listing));
        Set<String> pipes = new HashSet<>();
        Matcher matcher = PIPE.matcher(Files.readString(listing));
        while (matcher.find()) {
            pipes.add(matcher.group());
        }
        return pipes;
    }
}
