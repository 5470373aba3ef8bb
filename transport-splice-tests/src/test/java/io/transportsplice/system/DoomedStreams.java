// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;

/** One connection after the other, streaming both ways, until something ends it at a random moment. */
final class DoomedStreams {
    private static final int CHUNK = 64 * 1024;

    private final Rig rig;
    private final SplittableRandom random;
    private Channel lastFront;
    private int ended;

    DoomedStreams(Rig rig, long seed) {
        this.rig = rig;
        random = new SplittableRandom(seed);
    }

    /** How a connection ends. The first ones are by any thread, the others in the middle of a call on the event loop. */
    private enum Doom {
        CLOSE_FRONT,
        CLOSE_BACK,
        CLOSE_BOTH,
        CLOSE_LINGERING,
        RESET_FRONT,
        RESET_BACK,
        DEREGISTER_AND_CLOSE,
        SPLICE_NO_MORE_AND_CLOSE,
        PEERS_RESET,
        CLOSE_FRONT_IN_A_CALL,
        CLOSE_BACK_IN_A_CALL,
        RESET_IN_A_CALL
    }

    void runUntil(BooleanSupplier enough) throws IOException, InterruptedException {
        while (!enough.getAsBoolean()) {
            endOne(Doom.values()[random.nextInt(Doom.values().length)]);
            ended++;
        }
    }

    int ended() {
        return ended;
    }

    private void endOne(Doom doom) throws IOException, InterruptedException {
        Link link = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair pair = joined();
        Future<?> forth = rig.async(() -> link.source().send(link.forward(), 0, Long.MAX_VALUE, CHUNK));
        Future<?> back = rig.async(() -> link.sink().send(link.backward(), 0, Long.MAX_VALUE, CHUNK));
        long before = random.nextInt(500_000);
        int readSize = 1 << random.nextInt(12, 19);
        Future<?> answers = rig.async(() -> receiveToSomeEnd(link.source(), link.backward(), 0, readSize));
        link.sink().receive(link.forward(), 0, before, readSize, 0);
        doom(doom, pair, link);
        receiveToSomeEnd(link.sink(), link.forward(), before, readSize);
        link.sink().close();
        link.source().close();
        Rig.await(answers);
        Rig.awaitFailure(forth);
        Rig.awaitFailure(back);
    }

    private static void receiveToSomeEnd(Peer peer, Pattern pattern, long from, int readSize) {
        try {
            peer.receiveToEnd(pattern, from, readSize, 0);
        } catch (AssertionError e) {
            if (!(e.getCause() instanceof ClosedChannelException)) { // else it was us
                throw e;
            }
        }
    }

    private TestRelay.Pair joined() {
        TestRelay.Pair joined = Await.until(
                "the pair is joined",
                () -> rig.relay().lastPair(),
                pair -> !pair.front().equals(lastFront));
        lastFront = joined.front();
        return joined;
    }

    private void doom(Doom doom, TestRelay.Pair pair, Link link) throws IOException {
        Channel front = pair.front();
        Channel back = pair.back();
        Channel either = random.nextBoolean() ? front : back;
        switch (doom) {
            case CLOSE_FRONT -> front.close();
            case CLOSE_BACK -> back.close();
            case CLOSE_BOTH -> {
                back.close();
                front.close();
            }
            case CLOSE_LINGERING -> {
                either.config().setOption(ChannelOption.SO_LINGER, 1); // closed by another thread then
                either.close();
            }
            case RESET_FRONT -> RelayHandler.reset(front);
            case RESET_BACK -> RelayHandler.reset(back);
            case DEREGISTER_AND_CLOSE -> {
                either.deregister();
                either.close(); // of which nobody is told then
                (either == front ? back : front).close();
            }
            case SPLICE_NO_MORE_AND_CLOSE ->
                either.eventLoop().execute(() -> {
                    if (either.pipeline().get(EpollSpliceHandler.class) != null) {
                        either.pipeline().remove(EpollSpliceHandler.class);
                    }
                    either.close();
                });
            case PEERS_RESET -> {
                link.sink().reset();
                link.source().reset();
            }
            case CLOSE_FRONT_IN_A_CALL -> inACall(either, front::close);
            case CLOSE_BACK_IN_A_CALL -> inACall(either, back::close);
            case RESET_IN_A_CALL -> inACall(either, () -> RelayHandler.reset(either));
        }
    }

    private void inACall(Channel of, Runnable chaos) {
        int calls = random.nextInt(1, 20);
        of.eventLoop().execute(() -> {
            if (of.pipeline().get(EpollSpliceHandler.class) != null) {
                of.pipeline().addAfter(name(of), null, new ChaosHandler(calls, chaos));
            }
        });
    }

    private static String name(Channel channel) {
        return channel.pipeline().context(EpollSpliceHandler.class).name();
    }
}
