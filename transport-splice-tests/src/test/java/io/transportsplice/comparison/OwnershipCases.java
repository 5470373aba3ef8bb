// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FdCensus;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.io.FileInputStream;
import java.io.IOException;

/** Whose file descriptors are whose, and how many. */
final class OwnershipCases {
    private static final int PAIRS = 50;
    private static final int PIECE = 1000;

    private OwnershipCases() {}

    /**
     * A second connection takes the numbers of the first one's pipe. It is there before, and has its pipe only when its
     * first byte comes; what else has a number below is filled up.
     */
    static Finding fdReuse(Rig rig) throws Exception {
        rig.configure(c -> c.relay(Forwarder::new, rig.mode() == Mode.STOCK ? Forwarder::joinStock : Forwarder::join));
        Link first = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair firstPair = rig.relay().lastPair();
        first.carry(0, PIECE, PIECE);
        Link second = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair secondPair =
                Await.until("the second pair", rig.relay()::lastPair, pair -> !pair.equals(firstPair));
        firstPair.back().close().syncUninterruptibly();
        FileInputStream inPlaceOfTheSocket = new FileInputStream("/dev/null");
        try {
            second.carry(0, PIECE, PIECE);
            first.source().send(first.forward(), PIECE, 2 * PIECE, PIECE);
            rig.relay().awaitRest();
            second.source().send(second.forward(), PIECE, 2 * PIECE, PIECE);
            return whatComes(first, second);
        } finally {
            inPlaceOfTheSocket.close();
            firstPair.front().close().syncUninterruptibly();
            secondPair.front().close().syncUninterruptibly();
            secondPair.back().close().syncUninterruptibly();
        }
    }

    private static Finding whatComes(Link first, Link second) throws IOException {
        byte[] bytes = new byte[PIECE];
        int length = second.sink().read(bytes, PIECE);
        boolean foreign = first.forward().firstMismatch(bytes, 0, length, PIECE) < 0;
        boolean right = second.forward().firstMismatch(bytes, 0, length, PIECE) < 0;
        String words =
                foreign ? "another connection receives them" : right ? "they go nowhere" : "streams get mixed up";
        return new Finding(right, words);
    }

    static Finding idlePairs(Rig rig) throws Exception {
        for (int i = 0; i < PAIRS; i++) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, 500_000, 50_000);
            link.carryBack(0, 500_000, 50_000);
        }
        rig.relay().awaitRest();
        Baseline.State before = rig.baseline();
        Baseline.State now = Baseline.State.now();
        int sockets = now.sockets() - before.sockets() - 2 - 2 * PAIRS;
        long pipeFds = now.pipeFds() - before.pipeFds() - 2 * (now.pipesPooled() - before.pipesPooled());
        int inheritable = FdCensus.inheritablePipes();
        return Finding.of(
                pipeFds == 0 && inheritable <= before.pipeFds(),
                "%.1f descriptors for each pair, %s",
                (sockets + pipeFds) / (double) PAIRS,
                inheritable > before.pipeFds() ? "inherited by child processes" : "not inherited by child processes");
    }
}
