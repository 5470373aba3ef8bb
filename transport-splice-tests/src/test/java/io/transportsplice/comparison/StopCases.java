// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.concurrent.atomic.AtomicReference;

/** What the user stops, stops. */
final class StopCases {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;
    private static final long QUIET_NANOS = 500_000_000L;

    private StopCases() {}

    /** Stock: its future is cancelled. Ours has none: reading is switched off. */
    static Finding stop(Rig rig) throws Exception {
        AtomicReference<ChannelFuture> splice = new AtomicReference<>();
        rig.configure(c -> c.relay(Forwarder::new, (front, back) -> {
            if (rig.mode() == Mode.STOCK) {
                splice.set(Forwarder.spliceTo(front, back, Integer.MAX_VALUE));
                front.config().setAutoRead(true);
            } else {
                Forwarder.join(front, back);
            }
        }));
        Link link = rig.link(Route.TCP_TCP_UP);
        link.carry(0, MIB, 64 * KIB);
        Channel source = rig.relay().lastPair().front();
        if (rig.mode() == Mode.STOCK) {
            source.eventLoop().submit(() -> splice.get().cancel(false)).syncUninterruptibly();
        } else {
            switchAutoRead(source, false);
        }
        long after = sendAndSeeWhatComes(link, MIB, MIB + 100 * KIB);
        rig.relay().closeChannels();
        return Finding.of(after == 0, "%,d of the next 102,400 bytes are moved all the same", after);
    }

    private static long sendAndSeeWhatComes(Link link, long from, long to) throws Exception {
        link.source().send(link.forward(), from, to, 64 * KIB);
        return link.sink().receiveUntilQuiet(link.forward(), from, QUIET_NANOS) - from;
    }

    private static void switchAutoRead(Channel channel, boolean on) {
        channel.eventLoop().submit(() -> channel.config().setAutoRead(on)).syncUninterruptibly();
    }

    /** Ours: the future of the write is cancelled, so that message is not written, and the next one is. */
    static Finding cancelFinite(Rig rig) throws Exception {
        boolean stock = rig.mode() == Mode.STOCK;
        rig.configure(c -> c.relay(Forwarder::new, stock ? (front, back) -> {} : Forwarder::join));
        Link link = rig.link(Route.TCP_TCP_UP);
        Channel front = rig.relay().lastPair().front();
        Channel back = rig.relay().lastPair().back();
        ChannelFuture second = null;
        if (stock) {
            switchAutoRead(front, true);
            Forwarder.spliceTo(front, back, 1000).cancel(false);
        } else {
            front.pipeline().get(Forwarder.class).cancelNext = true;
        }
        link.source().send(link.forward(), 0, 1000, 1000);
        rig.relay().awaitRest();
        if (stock) {
            second = Forwarder.spliceTo(front, back, 1000);
        }
        link.source().send(link.forward(), 1000, 2000, 1000);
        byte[] bytes = new byte[1000];
        int length = link.sink().read(bytes, bytes.length);
        long wrong = link.forward().firstMismatch(bytes, 0, length, 1000);
        if (stock) {
            ChannelFuture future = second;
            Await.until("the second splice is done", future::isDone);
        }
        rig.relay().closeChannels();
        return Finding.of(
                wrong < 0,
                wrong < 0
                        ? "the second 1,000 bytes arrive"
                        : "the first 1,000 bytes arrive in the place of the second, whose future succeeds");
    }

    static Finding pause(Rig rig) throws Exception {
        boolean stock = rig.mode() == Mode.STOCK;
        rig.smallBuffers().configure(c -> c.relay(Forwarder::new, stock ? Forwarder::joinStock : Forwarder::join));
        Link link = rig.link(Route.TCP_TCP_UP);
        Channel source = rig.relay().lastPair().front();
        long filled = link.fillUp(MIB);
        switchAutoRead(source, false);
        link.sink().receiveUntilQuiet(link.forward(), 0, QUIET_NANOS);
        boolean on = source.config().isAutoRead();
        rig.relay().closeChannels();
        return Finding.of(!on && filled > 0, on ? "it is switched on again behind the user's back" : "it stays off");
    }
}
