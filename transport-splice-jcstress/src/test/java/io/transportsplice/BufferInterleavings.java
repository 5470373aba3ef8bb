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
import org.openjdk.jcstress.infra.results.L_Result;

/** Owners of a {@link PipeByteBuf}, on two threads. The last part of a result is {@link OnePipe#account()}. */
final class BufferInterleavings {

    private BufferInterleavings() {}

    @JCStressTest
    @Description("Two owners look at the bytes, then each lets go.")
    @Outcome(id = "bytes, bytes, LOOKED_AT", expect = ACCEPTABLE, desc = "Both see them; the pipe was read once.")
    @Outcome(expect = FORBIDDEN, desc = "Bytes are missing, or the pipe or the memory is left or given back twice.")
    @State
    public static class TwoLook {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf first = pipe.buffer();
        private final ByteBuf second = first.retainedDuplicate();

        @Actor
        public void one(LLL_Result r) {
            r.r1 = OnePipe.look(first);
            first.release();
        }

        @Actor
        public void two(LLL_Result r) {
            r.r2 = OnePipe.look(second);
            second.release();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = pipe.account();
        }
    }

    @JCStressTest
    @Description("One owner looks and lets go; another lets go without a look.")
    @Outcome(id = "bytes, LOOKED_AT", expect = ACCEPTABLE, desc = "An owner sees the bytes, whatever others do.")
    @Outcome(expect = FORBIDDEN, desc = "An owner misses his bytes, or something is left or given back twice.")
    @State
    public static class LookAndRelease {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf first = pipe.buffer();
        private final ByteBuf second = first.retainedDuplicate();

        @Actor
        public void owner(LL_Result r) {
            r.r1 = OnePipe.look(second);
            second.release();
        }

        @Actor
        public void other() {
            first.release();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = pipe.account();
        }
    }

    @JCStressTest
    @Description("Two owners let go, neither on the thread of the loop, neither having looked.")
    @Outcome(id = "DISCARDED", expect = ACCEPTABLE, desc = "The pipe goes home once, with its bytes.")
    @Outcome(expect = FORBIDDEN, desc = "It is left, or goes home twice, or its bytes are taken for drained.")
    @State
    public static class TwoRelease {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf first = pipe.buffer();
        private final ByteBuf second = first.retainedSlice();

        @Actor
        public void one() {
            first.release();
        }

        @Actor
        public void two() {
            second.release();
        }

        @Arbiter
        public void end(L_Result r) {
            r.r1 = pipe.account();
        }
    }

    @JCStressTest
    @Description(
            "Somebody who is no owner looks while the last owner lets go: his mistake, as with any buffer of Netty's.")
    @Outcome(id = "bytes, LOOKED_AT", expect = ACCEPTABLE, desc = "He was early enough.")
    @Outcome(id = "other bytes, LOOKED_AT", expect = ACCEPTABLE, desc = "He looks at memory that has been given back.")
    @Outcome(id = "too late, DISCARDED", expect = ACCEPTABLE, desc = "The buffer was gone before.")
    @Outcome(
            id = "too late, LOOKED_AT",
            expect = ACCEPTABLE,
            desc = "It went after they were read, before he saw them.")
    @Outcome(expect = FORBIDDEN, desc = "His mistake leaves a pipe or memory behind, or gives one back twice.")
    @State
    public static class LookOfNoOwnerAndRelease {
        private final OnePipe pipe = new OnePipe();
        private final PipeByteBuf buffer = pipe.buffer();

        @Actor
        public void noOwner(LL_Result r) {
            r.r1 = OnePipe.look(buffer);
        }

        @Actor
        public void owner() {
            buffer.release();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = pipe.account();
        }
    }

    @JCStressTest
    @Description("There is no memory for one look, of either owner.")
    @Outcome(id = "(bytes, no memory|no memory, bytes), LOOKED_AT", expect = ACCEPTABLE, desc = "The other sees them.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The failure costs the other his bytes, or something is left or given back twice.")
    @State
    public static class TwoLookAndOneInVain {
        private final OnePipe pipe = new OnePipe().withoutMemoryOnce();
        private final PipeByteBuf first = pipe.buffer();
        private final ByteBuf second = first.retainedDuplicate();

        @Actor
        public void one(LLL_Result r) {
            r.r1 = OnePipe.look(first);
            first.release();
        }

        @Actor
        public void two(LLL_Result r) {
            r.r2 = OnePipe.look(second);
            second.release();
        }

        @Arbiter
        public void end(LLL_Result r) {
            r.r3 = pipe.account();
        }
    }

    @JCStressTest
    @Description("An owner looks in vain, for lack of memory, and gives up; another lets go without a look.")
    @Outcome(id = "no memory, UNREADABLE", expect = ACCEPTABLE, desc = "The source is told of the hole, by whomever.")
    @Outcome(expect = FORBIDDEN, desc = "The source reads on behind a hole.")
    @State
    public static class LookInVainAndRelease {
        private final OnePipe pipe = new OnePipe().withoutMemoryOnce();
        private final PipeByteBuf first = pipe.buffer();
        private final ByteBuf second = first.retainedDuplicate();

        @Actor
        public void looker(LL_Result r) {
            r.r1 = OnePipe.look(second);
            second.release();
        }

        @Actor
        public void other() {
            first.release();
        }

        @Arbiter
        public void end(LL_Result r) {
            r.r2 = pipe.account();
        }
    }
}
