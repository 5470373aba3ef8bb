package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** A {@link SpliceRegion} copied into targets that take what they like, and turned into a buffer at any moment. */
class ModelRegionTest {
    private static final int LARGEST = 100_000;
    private static final ModelSetup SETUP =
            new ModelSetup(SpliceOptions.Policy.ALWAYS, 1 << 20, 2, 1, true, true, 1 << 20);

    /** How much the target takes at each call; 0: it would block. */
    @Provide
    Arbitrary<List<Integer>> appetites() {
        return Arbitraries.frequencyOf(
                        Tuple.of(1, Arbitraries.just(0)),
                        Tuple.of(3, Arbitraries.integers().between(1, LARGEST)))
                .list()
                .ofMaxSize(12);
    }

    @Property(tries = 300)
    void shouldCopyEachByteOnceInOrder(
            @ForAll @IntRange(min = 1, max = LARGEST) int bytes,
            @ForAll("appetites") List<Integer> appetites,
            @ForAll boolean shortRead,
            @ForAll boolean intoBuffer)
            throws IOException {
        try (ModelMachine machine = new ModelMachine(SETUP)) {
            SpliceRegion region = region(machine, bytes);
            if (shortRead) {
                machine.kernel().fail(ModelKernel.Call.READ, ModelKernel.SHORT);
                machine.kernel().fail(ModelKernel.Call.READ, LibC.EINTR);
            }
            Target target = new Target();
            for (int appetite : appetites) {
                target.appetite = appetite;
                long before = target.taken.size();
                long n = region.transferTo(target, region.transferred());
                assertEquals(target.taken.size() - before, n);
                assertEquals(target.taken.size(), region.transferred());
                assertTrue(n > 0 || appetite == 0 || region.transferred() == bytes);
            }
            if (intoBuffer) {
                rest(region, target.taken);
            } else {
                target.appetite = LARGEST;
                while (region.transferred() < region.count()) {
                    region.transferTo(target, region.transferred());
                }
                region.release();
            }
            assertPattern(bytes, target.taken.toByteArray());
            long dirty = SpliceMetrics.snapshot().pipesClosedDirty();
            machine.runToRest();
            assertEquals(dirty, SpliceMetrics.snapshot().pipesClosedDirty());
        }
    }

    /** One that never had a pipe is bound to no sink. */
    @Example
    void shouldBeWrittenOnlyOnceWithoutAPipe() {
        EmbeddedChannel channel = new EmbeddedChannel(new EpollSpliceHandler());
        SpliceRegion region = new SpliceRegion(Unpooled.copyInt(42), channel.alloc());
        ChannelFuture first = channel.write(region.retain());
        ChannelFuture second = channel.write(region);
        channel.flush();
        assertTrue(first.isSuccess());
        assertInstanceOf(IllegalStateException.class, second.cause());
        ByteBuf written = channel.readOutbound();
        assertEquals(42, written.readInt());
        written.release();
        assertFalse(channel.finish());
        assertEquals(0, region.refCnt());
    }

    private static SpliceRegion region(ModelMachine machine, int bytes) throws IOException {
        machine.happen(List.of(
                new ModelStep.Meet(ModelRelay.Fate.HELD), new ModelStep.Send(bytes), ModelStep.Simple.RUN_TO_REST));
        SpliceRegion region = (SpliceRegion) machine.relay().takeHeld();
        assertEquals(bytes, region.count());
        return region;
    }

    private static void rest(SpliceRegion region, ByteArrayOutputStream into) throws IOException {
        long left = region.count() - region.transferred();
        ByteBuf buffer = region.toByteBuf(ByteBufAllocator.DEFAULT);
        assertEquals(left, buffer.readableBytes());
        buffer.readBytes(into, buffer.readableBytes());
        buffer.release();
        assertEquals(0, region.refCnt());
    }

    private static void assertPattern(int bytes, byte[] actual) {
        byte[] expected = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            expected[i] = ModelSocket.patternAt(i);
        }
        assertArrayEquals(expected, actual);
    }

    private static final class Target implements WritableByteChannel {
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private int appetite;

        @Override
        public int write(ByteBuffer from) {
            int n = Math.min(appetite, from.remaining());
            for (int i = 0; i < n; i++) {
                taken.write(from.get());
            }
            return n;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // nothing to close
        }
    }
}
