// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.ModelSinks.Prepared;
import io.transportsplice.ScriptedKernel.Call;
import io.transportsplice.SinkMessage.Keeper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** A {@link PipeRegion} in the outbound buffer of a sink and alone, where whatever may happen in whatever order happens. */
class ModelRegionTest {
    private static final String SEED = "20261127";
    static final int LARGEST = 60_000;

    /** A composite is Netty's to write, and to fail. */
    private static final SinkMessage[] IN_REGIONS =
            EnumSet.complementOf(EnumSet.of(SinkMessage.COMPOSITE)).toArray(SinkMessage[]::new);

    private static Map<String, Long> before;
    private static Path file;

    /** Something that is done to both sinks. It may be done in any state, so that any sequence can be shrunk. */
    interface Step {
        void happen(ModelSinks sinks) throws IOException;
    }

    private record Named(String name, Step step) implements Step {
        @Override
        public void happen(ModelSinks sinks) throws IOException {
            step.happen(sinks);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @BeforeContainer
    static void makeFile() throws IOException {
        file = Files.createTempFile("splice", null);
        Files.write(file, new byte[10_000]);
        before = ModelTally.counts();
    }

    @AfterContainer
    static void deleteFile() throws IOException {
        Files.delete(file);
        System.out.println("ModelRegionTest tried " + ModelTally.since(before));
    }

    /** Each byte once, in order, and counted as pending until then. */
    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldWriteWhatAnOrdinaryBufferWouldHave(
            @ForAll("ordinary") List<Step> steps,
            @ForAll BufferAllocation allocation,
            @ForAll @IntRange(max = 2 * LARGEST) int room)
            throws IOException {
        run(steps, allocation, room, ModelSinks::settle);
    }

    /** The channel fails, or is closed, anywhere on the way. */
    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldNotMakeALossLookLikeTheEnd(
            @ForAll("breaking") List<Step> steps,
            @ForAll BufferAllocation allocation,
            @ForAll @IntRange(max = 2 * LARGEST) int room)
            throws IOException {
        run(steps, allocation, room, ModelSinks::settleAfterLoss);
    }

    /** Called by the test in Netty's place: what it drains goes to its socket, what it copies to the target. */
    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldGiveEachByteOnceWhateverTheTargetTakes(
            @ForAll SinkMessage message,
            @ForAll @IntRange(min = 1, max = LARGEST) int bytes,
            @ForAll("appetites") List<Integer> appetites,
            @ForAll("faults") List<Integer> faults,
            @ForAll BufferAllocation allocation)
            throws IOException {
        ModelSinks sinks = new ModelSinks(0, allocation.allocator());
        try {
            Prepared made = sinks.prepare(message, bytes);
            faults.forEach(fault -> sinks.kernel().fail(Call.DRAIN, fault));
            SpliceOutput output = new SpliceOutput(sinks.channel(), SpliceOptions.defaults());
            for (int i = 0; i < made.our().size(); i++) {
                Object meant = made.our().get(i);
                PipeByteBuf root = PipeByteBuf.of(meant);
                if (root != null) {
                    meant = output.outbound((ByteBuf) meant, root);
                }
                if (meant instanceof PipeRegion region) {
                    byte[] before = sinks.received();
                    byte[] copied = copied(sinks, region, appetites);
                    // Once it copies, it does so to the end.
                    assertEquals(
                            Unpooled.wrappedBuffer(
                                    before, ByteBufUtil.getBytes(made.their().get(i))),
                            Unpooled.wrappedBuffer(sinks.received(), copied));
                }
                ReferenceCountUtil.release(meant); // a region's view goes with it
            }
            made.releaseRest();
        } catch (Throwable e) {
            sinks.abandon();
            throw e;
        }
        sinks.close();
    }

    /** Whoever has it, too, reads on meanwhile. */
    @Example
    void shouldCopyTheRestOfADuplicateFromWhereItWasRefused() throws IOException {
        ModelSinks sinks = new ModelSinks(400, UnpooledByteBufAllocator.DEFAULT);
        Prepared made = sinks.prepare(SinkMessage.RETAINED, 1000);
        ByteBuf meant = made.our().get(0);
        SpliceOutput output = new SpliceOutput(sinks.channel(), SpliceOptions.defaults());
        PipeRegion region = (PipeRegion) output.outbound(meant, PipeByteBuf.of(meant));
        BufferChannel target = new BufferChannel(new byte[0], 0);
        target.appetite(LARGEST);
        assertEquals(400, region.transferTo(target, 0));
        made.ourKept().get(0).skipBytes(300);
        sinks.kernel().fail(Call.DRAIN, LibC.EINVAL);
        assertEquals(600, region.transferTo(target, 400));
        assertEquals(made.their().get(0), Unpooled.wrappedBuffer(sinks.received(), target.taken()));
        region.release();
        made.releaseRest();
        sinks.close();
    }

    /** Lets it all be taken: what the target got of it. */
    private static byte[] copied(ModelSinks sinks, PipeRegion region, List<Integer> appetites) throws IOException {
        BufferChannel target = new BufferChannel(new byte[0], 0);
        for (int call = 0; region.transferred() < region.count(); call++) {
            int appetite = call < appetites.size() ? appetites.get(call) : LARGEST;
            target.appetite(appetite);
            sinks.makeRoom(appetite - (int) sinks.sink().room());
            boolean mayFail = sinks.kernel().isToFail(Call.DRAIN);
            long before = region.transferred();
            int copied = target.takenBytes();
            long n = region.transferTo(target, before);
            assertEquals(appetite - sinks.sink().room() + target.takenBytes() - copied, n);
            assertEquals(before + n, region.transferred());
            assertTrue(n > 0 || appetite == 0 || mayFail, "nothing was taken, although it could be");
            sinks.received();
        }
        return target.taken();
    }

    private static void run(List<Step> steps, BufferAllocation allocation, int room, Step end) throws IOException {
        ModelSinks sinks = new ModelSinks(room, allocation.allocator());
        try {
            for (Step step : steps) {
                step.happen(sinks);
            }
            end.happen(sinks);
        } catch (Throwable e) {
            sinks.abandon();
            throw e;
        }
        sinks.close();
    }

    @Provide
    Arbitrary<List<Step>> ordinary() {
        return listOf(step(SinkMessage.values()));
    }

    @Provide
    Arbitrary<List<Step>> breaking() {
        return listOf(Arbitraries.frequencyOf(
                Tuple.of(10, step(IN_REGIONS)),
                Tuple.of(1, faults(Call.DRAIN, LibC.EPIPE, LibC.ECONNRESET)),
                Tuple.of(1, faults(Call.READ, LibC.EPERM))));
    }

    /** How much socket and target take at each call; 0: they would block. */
    @Provide
    Arbitrary<List<Integer>> appetites() {
        return Arbitraries.frequencyOf(
                        Tuple.of(1, Arbitraries.just(0)),
                        Tuple.of(3, Arbitraries.integers().between(1, LARGEST)))
                .list()
                .ofMaxSize(12);
    }

    /** 0: this one succeeds. */
    @Provide
    Arbitrary<List<Integer>> faults() {
        return Arbitraries.of(
                        0, 0, ScriptedKernel.SHORT, LibC.EAGAIN, LibC.EINTR, LibC.EINVAL, LibC.ENOMEM, LibC.EOPNOTSUPP)
                .list()
                .ofMaxSize(8);
    }

    private static Arbitrary<List<Step>> listOf(Arbitrary<Step> step) {
        return step.list().ofMaxSize(40).withSizeDistribution(RandomDistribution.uniform());
    }

    private static Arbitrary<Step> step(SinkMessage... messages) {
        return Arbitraries.frequencyOf(
                Tuple.of(8, writes(messages)),
                Tuple.of(2, numbered("file", 10_000, (sinks, n) -> sinks.writeFile(file.toFile(), n))),
                Tuple.of(4, Arbitraries.just(new Named("flush", ModelSinks::flush))),
                Tuple.of(2, numbered("cancel", 20, ModelSinks::cancel)),
                Tuple.of(2, keepers()),
                Tuple.of(2, numbered("keeperReleases", 20, ModelSinks::keeperReleases)),
                Tuple.of(3, numbered("room", LARGEST, ModelSinks::makeRoom)),
                Tuple.of(3, Arbitraries.just(new Named("runOnce", ModelSinks::runOnce))),
                Tuple.of(3, Arbitraries.just(new Named("runToRest", ModelSinks::runToRest))),
                Tuple.of(
                        3,
                        faults(
                                Call.DRAIN,
                                ScriptedKernel.SHORT,
                                LibC.EAGAIN,
                                LibC.EINTR,
                                LibC.EINVAL,
                                LibC.ENOMEM,
                                LibC.EPERM,
                                LibC.EOPNOTSUPP)),
                Tuple.of(1, faults(Call.TEE, ScriptedKernel.SHORT, LibC.EINTR, LibC.ENOMEM, LibC.EPERM)),
                Tuple.of(1, faults(Call.READ, ScriptedKernel.SHORT, LibC.EINTR)));
    }

    private static Arbitrary<Step> writes(SinkMessage... messages) {
        return Combinators.combine(
                        Arbitraries.of(messages), Arbitraries.integers().between(1, LARGEST))
                .as((message, bytes) -> new Named(message + " of " + bytes, sinks -> sinks.write(message, bytes)));
    }

    private static Arbitrary<Step> keepers() {
        return Combinators.combine(
                        Arbitraries.of(Keeper.class), Arbitraries.integers().between(0, 20))
                .as((keeper, which) -> new Named(keeper + " " + which, sinks -> sinks.keeperActs(which, keeper)));
    }

    private static Arbitrary<Step> faults(Call call, Integer... faults) {
        return Arbitraries.of(faults)
                .map(fault -> new Named(
                        call + " fails: " + fault, sinks -> sinks.kernel().fail(call, fault)));
    }

    private interface Numbered {
        void happen(ModelSinks sinks, int number) throws IOException;
    }

    private static Arbitrary<Step> numbered(String name, int most, Numbered step) {
        return Arbitraries.integers()
                .between(0, most)
                .map(n -> new Named(name + " " + n, sinks -> step.happen(sinks, n)));
    }
}
