// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.transportsplice.SpliceFallback;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Joint;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sockets that are in a BPF sockmap, as service meshes put them: splice(2) says 0 or would-block of them while bytes are
 * unread. Whole, or an end that can be seen to be none: of this HAProxy, Go and Netty's {@code spliceTo} fall short.
 */
@ExtendWith(Baseline.class)
@Timeout(60)
class SockmapIT {
    @TempDir
    private static Path directory;

    private static Path program;

    private Rig rig;
    private Joint sockmap;

    @BeforeAll
    static void build() throws Exception {
        Tool.requireRoot();
        program = Tool.build("sockmap", directory);
    }

    @AfterEach
    void close() throws IOException {
        if (rig != null) {
            sockmap.close(); // first, as it has pipes of its own
            rig.close();
        }
    }

    /** Which connections of a relay are in a map: the one that bytes come from, the one that they go to. */
    private enum Joined {
        SOURCE,
        SINK,
        BOTH
    }

    private record Case(Mode mode, boolean wrapped, Route route, Joined joined) {}

    static Stream<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (Mode mode : List.of(Mode.AUTO, Mode.SPLICE, Mode.COPY, Mode.PLAIN)) {
            for (Joined joined : Joined.values()) {
                all.add(new Case(mode, false, Route.TCP_TCP_UP, joined));
                if (mode != Mode.PLAIN) {
                    all.add(new Case(mode, true, Route.TCP_TCP_DOWN, joined));
                }
            }
        }
        return all.stream();
    }

    private Link link(Case c) throws IOException {
        rig = new Rig(c.mode).configure(config -> config.wrapped(c.wrapped));
        sockmap = new Joint(program);
        return rig.link(c.route);
    }

    private void join(Case c, Link link) throws IOException, InterruptedException {
        try {
            if (c.joined != Joined.SINK) {
                sockmap.join(link.source());
            }
            if (c.joined != Joined.SOURCE) {
                sockmap.join(link.sink());
            }
        } catch (Joint.NotAllowedException e) {
            Tool.skipForLackOf("BPF sockmaps: " + e.getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldCarryAllOfWhatWasMappedBeforeItsFirstByte(Case c) throws Exception {
        Link link = link(c);
        join(c, link);
        Carriage carriage = new Carriage();
        SpliceMetrics before = SpliceMetrics.snapshot();
        Future<?> back = rig.async(() -> link.carryBack(0, MIB, 16 * KIB));
        link.carry(0, MIB, 64 * KIB);
        link.carryToEnd(MIB, 2 * MIB, 64 * KIB);
        Rig.await(back);
        link.finish(MIB);
        SpliceMetrics after = SpliceMetrics.snapshot();
        if (c.mode == Mode.SPLICE && c.joined != Joined.SINK && carriage.spliced() < 2 * MIB) {
            assertNotEquals(before.fallbacks(SpliceFallback.FILL_HIDDEN), after.fallbacks(SpliceFallback.FILL_HIDDEN));
        }
        assertEquals(before.fallbacks(SpliceFallback.FILL_STUCK), after.fallbacks(SpliceFallback.FILL_STUCK));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldGoOnWhenMappedInMidStream(Case c) throws Exception {
        Link link = link(c);
        link.carry(0, 2 * MIB, 64 * KIB);
        link.carryBack(0, 100 * KIB, 16 * KIB);
        join(c, link);
        link.carryBack(100 * KIB, 200 * KIB, 1000);
        link.carry(2 * MIB, 3 * MIB, 64 * KIB);
        link.carry(3 * MIB, 3 * MIB + 100, 1);
        link.carryToEnd(3 * MIB + 100, 4 * MIB, 64 * KIB);
        link.finish(200 * KIB);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldAnswerBehindAHalfClose(Case c) throws Exception {
        Link link = link(c);
        join(c, link);
        link.carryToEnd(1, 1);
        link.carryBack(0, MIB, 64 * KIB);
        link.finish(MIB);
    }

    /** Of what was on its way the kernel may lose some, but the far end can see that. */
    @ParameterizedTest
    @MethodSource("cases")
    void shouldShowTheFarEndThatItsPeerWasReset(Case c) throws Exception {
        Link link = link(c);
        join(c, link);
        link.carry(0, 100 * KIB, 16 * KIB);
        link.source().sendWithoutWaiting(link.forward(), 100 * KIB, 300 * KIB);
        link.source().reset();
        Received received = link.sink().receiveToEnd(link.forward(), 100 * KIB);
        assertEquals(End.RESET, received.end(), received::toString);
    }
}
