// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.concurrent.EventExecutor;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.UserRelayHandler;
import io.transportsplice.testing.UserRelayHandler.Idiom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How {@code AUTO} finds out what a source is: a chat is not asked, and of a stream one message is copied. */
@ExtendWith(Baseline.class)
@Timeout(60)
class AutoStartTest {
    private static final int FIRST_BUFFER = 2048; // of Netty's AdaptiveRecvByteBufAllocator
    private static final int SMALL = 100;
    private static final int LARGE = 64 * 1024;

    @ParameterizedTest
    @EnumSource
    void shouldCopyOneMessageOfAStream(Route route) throws Exception {
        try (Rig rig = new Rig(Mode.AUTO)) {
            assertEquals(FIRST_BUFFER, copiedOfAStream(rig, route));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCopyOneMessageOfAStreamThroughAUsersOwnRelay(Idiom idiom) throws Exception {
        try (Rig rig =
                new Rig(Mode.AUTO).configure(c -> c.relay(() -> new UserRelayHandler(idiom), UserRelayHandler::join))) {
            assertEquals(FIRST_BUFFER, copiedOfAStream(rig, Route.TCP_TCP_UP));
        }
    }

    /** How many of its bytes are copied if all of them wait when the relay looks first. */
    private static long copiedOfAStream(Rig rig, Route route) throws Exception {
        Link link = rig.link(route);
        link.carry(0, SMALL, SMALL);
        rig.relay().awaitRest();
        long before = SpliceMetrics.snapshot().bytesCopied();
        Channel source = route.up()
                ? rig.relay().lastPair().front()
                : rig.relay().lastPair().back();
        LoopHold.whileHeld(source.eventLoop(), () -> {
            link.source().send(link.forward(), SMALL, SMALL + LARGE, LARGE);
            Await.until("all waits", () -> unread(source), unread -> unread == LARGE);
        });
        link.sink().receive(link.forward(), SMALL, SMALL + LARGE);
        return SpliceMetrics.snapshot().bytesCopied() - before;
    }

    private static int unread(Channel channel) {
        return Availability.LIBC.unread(
                ((AbstractEpollStreamChannel) channel).fd().intValue());
    }

    @Test
    void shouldAskAChatNothing() throws Exception {
        FaultyKernel kernel = new FaultyKernel(0);
        try (Rig rig = new Rig(Mode.AUTO)) {
            for (EventExecutor loop : rig.relay(Route.TCP_TCP_UP).group()) {
                SplicingEventLoop.of((IoEventLoop) loop, new LibC(kernel));
            }
            Link link = rig.link(Route.TCP_TCP_UP);
            for (int i = 0; i < 100; i++) {
                link.carry(1_000L * i, 1_000L * (i + 1), 1_000);
                link.carryBack(1_000L * i, 1_000L * (i + 1), 1_000);
            }
            assertEquals(0, kernel.questions());
        }
    }
}
