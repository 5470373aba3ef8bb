// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.netty.channel.Channel;
import io.netty.channel.local.LocalChannel;
import java.io.IOException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.ZZL_Result;

/** The two sides of a relay come to its end, each on its own loop, and somebody asks them from a third thread. */
final class EndInterleavings {

    private static final Channel A = new LocalChannel();
    private static final Channel B = new LocalChannel();

    private EndInterleavings() {}

    private static RelayPair pair(RelayHandler sideA, RelayHandler sideB) {
        sideA.channel = A;
        sideB.channel = B;
        return new RelayPair(sideA, sideB);
    }

    @JCStressTest
    @Description("Both directions finish, each on the loop of its sink.")
    @Outcome(
            id = "(true, false|false, true), FINISHED",
            expect = ACCEPTABLE,
            desc = "One is the second, and closes both.")
    @Outcome(expect = FORBIDDEN, desc = "Nobody closes the channels, or it is not told that the relay finished.")
    @State
    public static class BothFinish {
        private final RelayPair pair = pair(new RelayHandler(), new RelayHandler());

        @Actor
        public void one(ZZL_Result r) {
            r.r1 = pair.directionFinished();
        }

        @Actor
        public void two(ZZL_Result r) {
            r.r2 = pair.directionFinished();
        }

        @Arbiter
        public void end(ZZL_Result r) {
            r.r3 = pair.ending().how();
        }
    }

    @JCStressTest
    @Description("One side fails and the other times out.")
    @Outcome(id = "FAILED, a reset", expect = ACCEPTABLE, desc = "The failure came first, and has its cause.")
    @Outcome(id = "TIMEOUT, null", expect = ACCEPTABLE, desc = "The timeout came first, and has none.")
    @Outcome(expect = FORBIDDEN, desc = "The end is told with the cause of another one.")
    @State
    public static class FailureAndTimeout {
        private final RelayHandler side = new RelayHandler();
        private final RelayPair pair = pair(side, new RelayHandler());

        public FailureAndTimeout() {
            side.belongsTo(pair, A);
        }

        @Actor
        public void one() {
            pair.ended(RelayEnd.FAILED, new IOException("a reset"));
        }

        @Actor
        public void two() {
            pair.ended(RelayEnd.TIMEOUT, null);
        }

        @Arbiter
        public void end(LL_Result r) {
            Throwable cause = side.endCause();
            r.r1 = side.end();
            r.r2 = cause == null ? null : cause.getMessage();
        }
    }

    @JCStressTest
    @Description("Somebody asks a side how it ended while it is joined and fails.")
    @Outcome(id = "null, (null|a reset)", expect = ACCEPTABLE, desc = "It had not ended when he asked first.")
    @Outcome(id = "FAILED, a reset", expect = ACCEPTABLE, desc = "It had, and he is told why.")
    @Outcome(expect = FORBIDDEN, desc = "It has failed, but there is no cause.")
    @State
    public static class EndAndAsk {
        private final RelayHandler side = new RelayHandler();

        @Actor
        public void loop() {
            RelayPair pair = pair(side, new RelayHandler());
            side.belongsTo(pair, A);
            pair.ended(RelayEnd.FAILED, new IOException("a reset"));
        }

        @Actor
        public void anybody(LL_Result r) {
            r.r1 = side.end();
            Throwable cause = side.endCause();
            r.r2 = cause == null ? null : cause.getMessage();
        }
    }

    @JCStressTest
    @Description("Somebody asks a side for its bytes while it relays two messages.")
    @Outcome(id = "0, (0|4294967296|8589934592)", expect = ACCEPTABLE, desc = "None at first.")
    @Outcome(id = "4294967296, (4294967296|8589934592)", expect = ACCEPTABLE, desc = "The first message's at first.")
    @Outcome(id = "8589934592, 8589934592", expect = ACCEPTABLE, desc = "Both messages'.")
    @Outcome(expect = FORBIDDEN, desc = "They become fewer, or are a number that they never were.")
    @State
    public static class RelayAndAsk {
        private static final long MESSAGE = 1L << 32;

        private final RelayHandler side = new RelayHandler();

        @Actor
        public void loop() {
            side.relayed(MESSAGE);
            side.relayed(MESSAGE);
        }

        @Actor
        public void anybody(JJ_Result r) {
            r.r1 = side.bytesRelayed();
            r.r2 = side.bytesRelayed();
        }
    }
}
