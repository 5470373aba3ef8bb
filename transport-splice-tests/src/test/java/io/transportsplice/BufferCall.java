// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.ReferenceCounted;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Something that can be asked of a buffer: a method of {@link ByteBuf}, whichever there are in this version of Netty's, or a
 * static one that takes a buffer, of {@link ByteBufUtil} or {@link BufferTricks}.
 */
record BufferCall(Method method) {

    /** These tell nothing of the bytes, or must be answered without them. */
    private static final Set<String> WITHOUT_A_LOOK = Set.of(
            ("alloc array arrayOffset asByteBuf asReadOnly clear duplicate ensureAccessible hasArray hasMemoryAddress"
                            + " isAccessible isContiguous isDirect isReadOnly isReadable isWritable markReaderIndex"
                            + " markWriterIndex maxCapacity maxFastWritableBytes maxWritableBytes nioBufferCount order"
                            + " readRetainedSlice readSlice readableBytes readerIndex refCnt release resetReaderIndex"
                            + " resetWriterIndex retain retainedDuplicate retainedSlice setIndex skipBytes slice touch"
                            + " unwrap writableBytes writerIndex")
                    .split(" "));

    private static final Set<String> WITHOUT_A_LOOK_NOR_ARGUMENTS = Set.of("capacity", "toString");

    /** Another buffer over the same bytes. */
    private static final Set<String> DERIVING = Set.of(
            "asReadOnly duplicate order readRetainedSlice readSlice retainedDuplicate retainedSlice slice unwrap asByteBuf"
                    .split(" "));

    private static final Set<String> COUNTING = Set.of("retain", "release", "touch");

    private static final Set<String> MOVING = Set.of(
            ("clear markReaderIndex markWriterIndex resetReaderIndex resetWriterIndex readerIndex writerIndex setIndex"
                            + " skipBytes")
                    .split(" "));

    /** {@code reserveAndWriteUtf8} writes wherever it likes, if it was told too little. */
    private static final Set<String> UNSAFE = Set.of("reserveAndWriteUtf8");

    static final List<BufferCall> ALL = Stream.of(
                    ByteBuf.class.getMethods(), ByteBufUtil.class.getMethods(), BufferTricks.class.getDeclaredMethods())
            .flatMap(Arrays::stream)
            .filter(BufferCall::isToBeCalled)
            .map(BufferCall::new)
            .sorted(Comparator.comparing(BufferCall::toString)) // reflection has no order of its own
            .toList();

    private static boolean isToBeCalled(Method method) {
        boolean isStatic = Modifier.isStatic(method.getModifiers());
        return (isStatic
                        ? takes(method, ByteBuf.class)
                        : ReferenceCounted.class.isAssignableFrom(method.getDeclaringClass()))
                && !Modifier.isPrivate(method.getModifiers())
                && !method.isBridge()
                && !method.isSynthetic()
                && !UNSAFE.contains(method.getName());
    }

    private static boolean takes(Method method, Class<?> type) {
        return Arrays.asList(method.getParameterTypes()).contains(type);
    }

    static List<BufferCall> moving() {
        return those(call -> MOVING.contains(call.name()));
    }

    static List<BufferCall> counting() {
        return those(call -> COUNTING.contains(call.name()));
    }

    /** With those that only keep or combine a buffer. */
    static List<BufferCall> deriving() {
        return those(BufferCall::isDeriving);
    }

    static List<BufferCall> withoutALook() {
        return those(call -> !call.mayLook());
    }

    static BufferCall named(String signature) {
        return those(call -> call.toString().equals(signature)).get(0);
    }

    private static List<BufferCall> those(Predicate<BufferCall> kind) {
        return ALL.stream().filter(kind).toList();
    }

    String name() {
        return method.getName();
    }

    boolean isStatic() {
        return Modifier.isStatic(method.getModifiers());
    }

    boolean takes(Class<?> type) {
        return Arrays.asList(method.getParameterTypes()).contains(type);
    }

    /**
     * Not to be called with a wrong index. Netty 4.2.18's {@code UnpooledUnsafeDirectByteBuf} has these from a class where the
     * JDK checks the index, which writes a part of a medium before it does.
     */
    boolean isUnchecked() {
        return name().matches("[gs]et\\w+LE|setMedium");
    }

    boolean isRetaining() {
        return name().contains("etained");
    }

    /** The same, if it is, without a share for a new owner. */
    BufferCall withoutRetaining() {
        try {
            String name =
                    name().replace("Retained", "").replace("retainedS", "s").replace("retainedD", "d");
            return new BufferCall(ByteBuf.class.getMethod(name, method.getParameterTypes()));
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    boolean isDeriving() {
        return DERIVING.contains(name()) || (method.getDeclaringClass() == BufferTricks.class && returnsBuffer());
    }

    private boolean returnsBuffer() {
        return method.getReturnType() == ByteBuf.class;
    }

    boolean mayLook() {
        boolean answeredWithout = WITHOUT_A_LOOK.contains(name())
                || (WITHOUT_A_LOOK_NOR_ARGUMENTS.contains(name()) && method.getParameterCount() == 0);
        return !answeredWithout && !isDeriving();
    }

    @Override
    public String toString() {
        return name()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", ")"));
    }
}
