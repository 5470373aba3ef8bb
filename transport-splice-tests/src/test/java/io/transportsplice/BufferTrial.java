// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.transportsplice.PipeByteBuf.Fate;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One life of a {@link PipeByteBuf}, and the same life of an ordinary direct buffer with the same bytes: what is done to both
 * must come to the same. Netty's kinds of buffers do not agree on what comes of a wrong argument: where they do not, it may be
 * as one of them has it, and the lives part.
 */
final class BufferTrial {
    /** @param seed of its arguments */
    record Step(BufferCall call, int view, long seed) {}

    private final byte[] content;
    private final BufferAllocation allocation;
    private final RealPipes pipes = new RealPipes();
    private final PipeByteBuf buffer;
    private final BufferWorld ours;
    private final BufferWorld theirs;
    private final List<BufferWorld> kin = new ArrayList<>();
    private final List<ByteBuf> strangers = new ArrayList<>();

    BufferTrial(BufferAllocation allocation, FileChannel file, byte... content) throws IOException {
        this.allocation = allocation;
        this.content = content;
        buffer = pipes.buffer(allocation.allocator(), content);
        ours = new BufferWorld(buffer, file, false);
        theirs = new BufferWorld(allocation.yardstick(content), file, false);
        kin.add(new BufferWorld(allocation.ofOwnKind(content), file, true));
        kin.add(new BufferWorld(BufferAllocation.withoutUnsafe(content), file, false));
    }

    /** @param taken whether a sink gets it in the end, if it can be had */
    void run(List<Step> steps, boolean taken) {
        Fate expected;
        try {
            boolean together = steps.stream().allMatch(this::happen);
            expected = end(together, taken);
        } catch (Throwable e) {
            release();
            throw e;
        }
        release();
        assertEquals(0, buffer.refCnt());
        assertEquals(1, pipes.fates().size(), () -> "a pipe goes home once: " + pipes.fates());
        assertTrue(expected == null || pipes.fates().contains(expected), () -> pipes.fates() + ", not " + expected);
    }

    private void release() {
        ours.release();
        theirs.release();
        kin.forEach(BufferWorld::release);
        strangers.forEach(ByteBuf::release);
    }

    /** @return false if the lives part */
    private boolean happen(Step step) {
        BufferCall call = step.call();
        int view = step.view() % ours.size();
        if ((ours.isFull() && call.isDeriving()) || theirs.isDangerous(call, view)) {
            return true;
        }
        ModelTally.count("call " + call, 1);
        boolean untouched = !buffer.isInMemory();
        String what = call + " of view " + view + " (" + theirs.state() + ")";
        // What the yardstick is like decides on the arguments: it is the last.
        String our = ours.call(call, view, step.seed(), theirs);
        List<String> akin = kin.stream()
                .map(world -> world.call(call, view, step.seed(), theirs))
                .toList();
        String their = theirs.call(call, view, step.seed(), theirs);
        if (!our.equals(their) && akin.stream().anyMatch(one -> !one.equals(their) && isLike(one, our))) {
            ModelTally.count("disagreements", 1);
            return false;
        }
        assertEquals(their, our, what);
        assertEquals(theirs.state(), ours.state(), what);
        assertFalse(untouched && !call.mayLook() && buffer.isInMemory(), () -> what + " looked");
        checkWhole();
        return goOnWith(kin);
    }

    private static boolean isLike(String one, String other) {
        boolean bothReturn = !one.startsWith("throws") && !other.startsWith("throws");
        return bothReturn || one.equals(other);
    }

    private boolean goOnWith(List<BufferWorld> others) {
        others.forEach(world -> world.growLike(theirs));
        others.removeIf(BufferWorld::isGone);
        if (buffer.refCnt() == 0 && strangers.isEmpty()) {
            bringStrangers();
        }
        return others.stream().allMatch(world -> world.size() == ours.size());
    }

    /** Who gets the memory of a dead buffer: pools give the very objects to the next. */
    private void bringStrangers() {
        Stream.generate(() -> allocation.allocator().directBuffer(content.length))
                .limit(4)
                .forEach(stranger -> strangers.add(stranger.writeBytes(content)));
    }

    /** Whatever shows all the bytes may be drained in the place of the buffer, and nothing else. */
    private void checkWhole() {
        for (int i = 0; i < ours.size(); i++) {
            ByteBuf view = ours.view(i);
            if (buffer.refCnt() > 0 && PipeByteBuf.of(view) != null) {
                boolean showsAll = view.readableBytes() == buffer.capacity();
                assertEquals(!buffer.isInMemory() && showsAll, buffer.isWhole(view), view::toString);
            }
        }
    }

    /** @return what becomes of the pipe, or null if that is known already */
    private Fate end(boolean together, boolean taken) {
        strangers.forEach(stranger -> assertEquals(Unpooled.wrappedBuffer(content), stranger, "a stranger's bytes"));
        if (buffer.refCnt() == 0) {
            return null;
        }
        if (taken && !buffer.isInMemory()) {
            take();
            return Fate.DRAINED;
        }
        if (together) {
            assertEquals(theirs.content(), ours.content());
        }
        return buffer.isInMemory() ? Fate.LOOKED_AT : Fate.DISCARDED;
    }

    private void take() {
        if (buffer.refCnt() > 1) {
            assertNull(buffer.take(buffer.duplicate()), "taken, though shared");
            buffer.release(buffer.refCnt() - 1);
        }
        Pipe taken = buffer.take(buffer.setIndex(0, content.length));
        assertNotNull(taken);
        assertArrayEquals(content, pipes.drain(taken, content.length));
        ModelTally.count("buffers taken", 1);
        buffer.giveBack();
    }
}
