// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Map;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZI_Result;

/** Channels are joined by two threads, which are free to do so: they are registered. The last part of a result is the first channel's handlers. */
final class JoinInterleavings {

    private JoinInterleavings() {}

    private static boolean joins(Channel a, Channel b) {
        try {
            RelayPair.claim(a, b, RelayHandler::new);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static int handlers(Channel channel) {
        int count = 0;
        for (Map.Entry<String, ChannelHandler> entry : channel.pipeline()) {
            count += entry.getValue() instanceof RelayHandler ? 1 : 0;
        }
        return count;
    }

    @JCStressTest
    @Description("Two threads join the same two channels, named in either order.")
    @Outcome(id = "(true, false|false, true), 1", expect = ACCEPTABLE, desc = "One of them does.")
    @Outcome(expect = FORBIDDEN, desc = "Both do; or neither, and each is told that somebody else has.")
    @State
    public static class TheSameTwo {
        private final Channel a = new EmbeddedChannel();
        private final Channel b = new EmbeddedChannel();

        public TheSameTwo() {
            a.pipeline().addLast(new RelayHandler());
            b.pipeline().addLast(new RelayHandler());
        }

        @Actor
        public void one(ZZI_Result r) {
            r.r1 = joins(a, b);
        }

        @Actor
        public void two(ZZI_Result r) {
            r.r2 = joins(b, a);
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = handlers(a);
        }
    }

    @JCStressTest
    @Description("Two threads join the same channel, which has no RelayHandler yet, each to another one.")
    @Outcome(id = "(true, false|false, true), 1", expect = ACCEPTABLE, desc = "One of them does; it has one handler.")
    @Outcome(expect = FORBIDDEN, desc = "It gets a handler of each, and the second relay never gets a byte.")
    @State
    public static class ToTwoOthers {
        private final Channel a = new EmbeddedChannel();
        private final Channel b = new EmbeddedChannel();
        private final Channel c = new EmbeddedChannel();

        @Actor
        public void one(ZZI_Result r) {
            r.r1 = joins(a, b);
        }

        @Actor
        public void two(ZZI_Result r) {
            r.r2 = joins(c, a);
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = handlers(a);
        }
    }
}
