// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A buffer and what has been derived from it, and what calls of them come to, in words: two worlds in which the same happened
 * say the same.
 */
final class BufferWorld {
    /** Enough to have some of everything; more only dilutes. */
    private static final int MOST_VIEWS = 8;

    private final List<ByteBuf> views = new ArrayList<>();
    private final FileChannel file;
    /** Its root is out of a pool, which gives every retained slice a count of its own: none are made. */
    private final boolean pooled;

    BufferWorld(ByteBuf root, FileChannel file, boolean pooled) {
        views.add(root);
        this.file = file;
        this.pooled = pooled;
    }

    ByteBuf view(int index) {
        return views.get(index);
    }

    int size() {
        return views.size();
    }

    boolean isFull() {
        return views.size() == MOST_VIEWS;
    }

    /** Whether memory that is somebody else's might be read or written, even with Netty's own. */
    boolean isDangerous(BufferCall call, int index) {
        ByteBuf view = views.get(index);
        if (call.isUnchecked() && view.capacity() < Long.BYTES) {
            return true;
        }
        boolean partsOutlive = call.name().startsWith("discard") && index < views.size() - 1;
        boolean hasDeadPart = call.mayLook() && views.get(0).refCnt() == 0;
        return isComposite(view) && (partsOutlive || hasDeadPart);
    }

    private static boolean isComposite(ByteBuf view) {
        ByteBuf root = view;
        while (root.unwrap() != null) {
            root = root.unwrap();
        }
        return root instanceof CompositeByteBuf;
    }

    @SuppressWarnings("ReferenceEquality") // equals() would compare bytes
    int indexOf(ByteBuf buffer) {
        for (int i = 0; i < views.size(); i++) {
            if (views.get(i) == buffer) {
                return i;
            }
        }
        return -1;
    }

    /** The one file, with these bytes in it. */
    FileChannel file(byte[] content) {
        try {
            file.truncate(0).write(ByteBuffer.wrap(content), 0);
            return file.position(3);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String call(BufferCall call, int view, long seed, BufferWorld models) {
        ByteBuf self = view(view);
        BufferArguments arguments = new BufferArguments(seed, this, models, view);
        Object[] values = arguments.draw(call, self);
        try {
            Object result = invoke(call, self, values);
            return told(call, self, result, arguments) + arguments.after();
        } catch (InvocationTargetException e) {
            return "throws " + e.getCause().getClass().getName() + arguments.after();
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        } finally {
            arguments.release();
        }
    }

    private Object invoke(BufferCall call, ByteBuf self, Object... values)
            throws InvocationTargetException, IllegalAccessException {
        int[] before = views.stream().mapToInt(ByteBuf::capacity).toArray();
        try {
            if (pooled && call.isRetaining()) {
                Object derived = call.withoutRetaining().method().invoke(self, values);
                return BufferCall.named("retain()").method().invoke(derived);
            }
            return call.method().invoke(self, values);
        } finally {
            for (int i = 0; i < before.length; i++) {
                clearGrowth(views.get(i), before[i]);
            }
        }
    }

    /** What is in memory that is new is not for anybody to know. */
    private static void clearGrowth(ByteBuf view, int before) {
        if (view.capacity() > before && !view.isReadOnly() && view.refCnt() > 0) {
            view.setZero(before, view.capacity() - before);
        }
    }

    private String told(BufferCall call, ByteBuf self, Object result, BufferArguments arguments) {
        return switch (call.name()) {
            case "alloc" -> "an allocator"; // not the same
            // Netty's kinds differ in what they say when they are dead.
            case "hasMemoryAddress" -> self.refCnt() == 0 ? "dead" : result.toString();
            case "internalNioBuffer" ->
                describe(((ByteBuffer) result).slice()); // it may be anywhere in something larger
            case "memoryAddress" -> memory((long) result, self);
            default -> result instanceof ByteBuf buffer ? told(call, self, buffer, arguments) : describe(result);
        };
    }

    @SuppressWarnings("ReferenceEquality") // equals() would compare bytes
    private String told(BufferCall call, ByteBuf self, ByteBuf result, BufferArguments arguments) {
        if (result == self) {
            return "itself";
        }
        if (indexOf(result) >= 0) {
            return "view " + indexOf(result);
        }
        if (result == Unpooled.EMPTY_BUFFER || arguments.contain(result)) {
            return "empty, or an argument";
        }
        if (call.isDeriving()) {
            views.add(result);
            return state(result);
        }
        String text = describe(result);
        result.release();
        return text;
    }

    private static String memory(long address, ByteBuf buffer) {
        if (!PlatformDependent.hasUnsafe()) {
            return "an address";
        }
        byte[] bytes = new byte[buffer.capacity()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = PlatformDependent.getByte(address + i);
        }
        return ByteBufUtil.hexDump(bytes);
    }

    /** Buffers out of pools grow in other steps; it has as much room as the other from here. */
    void growLike(BufferWorld other) {
        if (view(0).refCnt() > 0 && view(0).capacity() != other.view(0).capacity()) {
            view(0).capacity(other.view(0).capacity());
        }
    }

    /** A pool gives the very object to the next who asks. */
    boolean isGone() {
        return pooled && view(0).refCnt() == 0;
    }

    /** What can be seen of all without a look. */
    String state() {
        return views.stream().map(BufferWorld::state).collect(Collectors.joining("; "));
    }

    private static String state(ByteBuf view) {
        return view.readerIndex() + ".." + view.writerIndex() + " of " + view.capacity() + ", at most "
                + view.maxCapacity() + ", owners " + view.refCnt() + (view.isReadOnly() ? ", read-only" : "");
    }

    /** With the bytes. */
    String content() {
        return views.stream().map(BufferWorld::describe).collect(Collectors.joining("; "));
    }

    @SuppressWarnings("deprecation") // order(): deprecated by Netty, but there
    static String describe(ByteBuf buffer) {
        return state(buffer) + ' ' + buffer.order() + ' ' + ByteBufUtil.hexDump(contentOf(buffer));
    }

    static byte[] contentOf(ByteBuf buffer) {
        // One with a part that is released is not.
        try {
            byte[] bytes = new byte[buffer.refCnt() == 0 ? 0 : buffer.readableBytes()];
            buffer.getBytes(buffer.readerIndex(), bytes);
            return bytes;
        } catch (RuntimeException e) {
            return new byte[0];
        }
    }

    static String describe(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return buffer.position() + ".." + buffer.limit() + ' ' + buffer.order() + ' ' + buffer.isReadOnly() + ' '
                + buffer.isDirect() + ' ' + ByteBufUtil.hexDump(bytes);
    }

    static byte[] contentOf(FileChannel file) {
        try {
            ByteBuffer content = ByteBuffer.allocate((int) file.size());
            file.read(content, 0);
            return content.array();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String describe(Object result) {
        if (result instanceof ByteBuffer buffer) {
            return describe(buffer);
        } else if (result instanceof ByteBuffer[] buffers) {
            return Arrays.stream(buffers).map(BufferWorld::describe).toList().toString();
        } else if (result instanceof byte[] bytes) {
            return ByteBufUtil.hexDump(bytes);
        }
        return String.valueOf(result).replaceAll("\\w+(\\$\\w*)*\\(", "("); // the names of classes
    }

    /** Gives all owners' shares back, whoever they are. */
    void release() {
        for (int i = views.size() - 1; i >= 0; i--) {
            release(views.get(i));
        }
    }

    private static void release(ByteBuf view) {
        int owners = view.refCnt();
        try {
            while (owners > 0) {
                view.release();
                int left = view.refCnt();
                owners = left == owners ? 0 : left; // some are unreleasable
            }
        } catch (IllegalReferenceCountException e) {
            // a composite, of which a part was released too often
        }
    }
}
