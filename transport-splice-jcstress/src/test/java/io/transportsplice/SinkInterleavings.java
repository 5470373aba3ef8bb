// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.netty.buffer.ByteBuf;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A sink sends a {@link PipeByteBuf} on its loop, while others have it, or wait for it, on theirs. */
final class SinkInterleavings {

    private static final int SOCKET = 9;

    private SinkInterleavings() {}

    /** What {@link PipeRegion} does: drains, if the pipe is its own, or a duplicate; else it looks. */
    private static String send(PipeByteBuf buffer, Pipe another) {
        String how;
        Pipe taken = buffer.take(buffer);
        if (taken != null) {
            how = taken.drain(SOCKET) > 0 ? "drained" : "nothing";
            buffer.giveBack();
        } else if (buffer.duplicateInto(another)) {
            how = another.drain(SOCKET) == buffer.capacity() ? "duplicated" : "a part";
            buffer.sentDuplicate();
        } else {
            how = OnePipe.look(buffer);
        }
        buffer.release();
        return how;
    }

    @JCStressTest
    @Description("A sink sends while another owner looks and lets go.")
    @Outcome(
            id = "bytes, bytes, LOOKED_AT",
            expect = ACCEPTABLE,
            desc = "The owner sees them, and the sink copies them.")
    @Outcome(id = "duplicated, bytes, LOOKED_AT", expect = ACCEPTABLE, desc = "Or it has had a duplicate.")
    @Outcome(expect = FORBIDDEN, desc = "The sink takes what an owner can still see, or has seen.")
    @State
    public static class TakeAndLook {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf sent = pipe.buffer();
        private final ByteBuf seen = sent.retainedDuplicate();

        public TakeAndLook() {
            sent.waits(false);
        }

        @Actor
        public void sink(LLL_Result r) {
            r.r1 = send(sent, pipe.another());
        }

        @Actor
        public void owner(LLL_Result r) {
            r.r2 = OnePipe.look(seen);
            seen.release();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = pipe.account();
        }
    }

    @JCStressTest
    @Description("A sink sends while another owner lets go without a look.")
    @Outcome(id = "drained, DRAINED", expect = ACCEPTABLE, desc = "The other had let go before.")
    @Outcome(id = "duplicated, DRAINED", expect = ACCEPTABLE, desc = "The other could still have looked.")
    @Outcome(expect = FORBIDDEN, desc = "The bytes are not sent once, or something is left or given back twice.")
    @State
    public static class TakeAndRelease {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf sent = pipe.buffer();
        private final ByteBuf other = sent.retainedDuplicate();

        public TakeAndRelease() {
            sent.waits(false);
        }

        @Actor
        public void sink(LL_Result r) {
            r.r1 = send(sent, pipe.another());
        }

        @Actor
        public void owner() {
            other.release();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = pipe.account();
        }
    }

    @JCStressTest
    @Description("A sink sends while somebody looks who is no owner: his mistake.")
    @Outcome(id = "drained, too late, DRAINED", expect = ACCEPTABLE, desc = "The sink was first.")
    @Outcome(id = "bytes, (bytes|too late), LOOKED_AT", expect = ACCEPTABLE, desc = "He was, or the sink read for him.")
    @Outcome(id = "bytes, other bytes, LOOKED_AT", expect = ACCEPTABLE, desc = "His memory has been given back.")
    @Outcome(expect = FORBIDDEN, desc = "Both get the bytes of the pipe, or neither does, or something is left.")
    @State
    public static class TakeAndLookOfNoOwner {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf buffer = pipe.buffer();

        @Actor
        public void sink(LLL_Result r) {
            r.r1 = send(buffer, pipe.another());
        }

        @Actor
        public void noOwner(LLL_Result r) {
            r.r2 = OnePipe.look(buffer);
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = pipe.account();
        }
    }

    @JCStressTest
    @Description("It was written to two sinks on two loops, which let go of it while a third owner has it.")
    @Outcome(id = "false, 2", expect = ACCEPTABLE, desc = "It waits no more, and its source is told by both.")
    @Outcome(expect = FORBIDDEN, desc = "The source is not told, and may stall.")
    @State
    public static class TwoSinksLetGo {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf buffer = pipe.buffer();

        public TwoSinksLetGo() {
            buffer.retain(2);
            for (int i = 0; i < 2; i++) {
                buffer.waits(false);
                buffer.flushed();
            }
        }

        @Actor
        public void one() {
            buffer.release();
            buffer.waitsNoMore(true);
        }

        @Actor
        public void two() {
            buffer.release();
            buffer.waitsNoMore(true);
        }

        @Arbiter
        public void end(ZI_Result r) {
            r.r1 = buffer.isWaiting();
            r.r2 = pipe.timesToldToWaitNoMore();
            buffer.release();
        }
    }

    @JCStressTest
    @Description("One sink lets go of it while another, on another loop, gets it.")
    @Outcome(id = "true, 1", expect = ACCEPTABLE, desc = "It waits in the second; its source is told.")
    @Outcome(expect = FORBIDDEN, desc = "It is taken for somebody's who holds it, though it waits.")
    @State
    public static class OneSinkLetsGoAndOneGets {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf buffer = pipe.buffer();

        public OneSinkLetsGoAndOneGets() {
            buffer.retain();
            buffer.waits(false);
            buffer.flushed();
        }

        @Actor
        public void one() {
            buffer.release();
            buffer.waitsNoMore(true);
        }

        @Actor
        public void two() {
            buffer.waits(false);
            buffer.flushed();
        }

        @Arbiter
        public void end(ZI_Result r) {
            r.r1 = buffer.isWaiting();
            r.r2 = pipe.timesToldToWaitNoMore();
            buffer.release();
        }
    }

    @JCStressTest
    @Description("The source asks whether it waits while the sink gets it and sends it, on its own loop.")
    @Outcome(id = "false, (true|false)", expect = ACCEPTABLE, desc = "Not yet, and then perhaps.")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "It waits, and goes on waiting.")
    @Outcome(expect = FORBIDDEN, desc = "It waited, and does no more, though the sink has it.")
    @State
    public static class FlushAndAsk {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf buffer = pipe.buffer();

        @Actor
        public void sink() {
            buffer.waits(false);
            buffer.flushed();
        }

        @Actor
        public void source(LL_Result r) {
            r.r1 = buffer.isWaiting();
            r.r2 = buffer.isWaiting();
        }

        @Arbiter
        public void end() {
            buffer.release();
        }
    }
}
