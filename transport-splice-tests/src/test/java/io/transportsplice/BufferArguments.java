// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.AsciiString;
import io.netty.util.ByteProcessor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ScatteringByteChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * The arguments of a call, drawn from a seed and from what the yardstick is like, so that they are the same for both; and
 * what the call left in them.
 */
final class BufferArguments {
    private static final List<Charset> CHARSETS = List.of(
            StandardCharsets.UTF_8, StandardCharsets.US_ASCII, StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16BE);
    private static final List<String> TEXTS = List.of("", "a", "splice", "Röhre", "\u0000\uD83D\uDE00\uD83D");

    private final Random random;
    private final BufferWorld world;
    private final ByteBuf model;
    private final BufferWorld models;
    private final List<Object> drawn = new ArrayList<>();
    private final List<ByteBuf> fresh = new ArrayList<>();
    private int integers;
    private int lastInteger;

    /** @param models the yardstick's world, where it can be looked at what the buffer is like */
    BufferArguments(long seed, BufferWorld world, BufferWorld models, int view) {
        random = new Random(seed);
        this.world = world;
        this.models = models;
        model = models.view(view);
    }

    Object[] draw(BufferCall call, ByteBuf self) {
        boolean isStatic = call.isStatic();
        boolean selfGiven = !isStatic;
        for (Class<?> type : call.method().getParameterTypes()) {
            if (type == ByteBuf.class && !selfGiven) {
                selfGiven = true;
                drawn.add(self);
            } else {
                drawn.add(one(call, type));
            }
        }
        return drawn.toArray();
    }

    private Object one(BufferCall call, Class<?> type) {
        if (type == int.class) {
            return integer(call);
        } else if (type == long.class) {
            return call.takes(FileChannel.class) ? random.nextInt(12) - 1 : random.nextLong();
        } else if (type.isPrimitive()) {
            return primitive(type);
        } else if (type == ByteBuf.class || type == Object.class) {
            return buffer();
        } else if (type == byte[].class) {
            return new byte[upTo(model.capacity())];
        } else if (type == ByteBuffer.class) {
            return nioBuffer();
        } else if (FileChannel.class.isAssignableFrom(type)) {
            return world.file(bytes(20));
        } else if (type == GatheringByteChannel.class || type == ScatteringByteChannel.class) {
            return new BufferChannel(bytes(random.nextInt(100)), random.nextInt(50));
        } else {
            return other(type);
        }
    }

    @SuppressWarnings("UnnecessaryStringBuilder") // somebody asks for one
    private Object other(Class<?> type) {
        if (type == OutputStream.class) {
            return new ByteArrayOutputStream();
        } else if (type == InputStream.class) {
            return new ByteArrayInputStream(bytes(random.nextInt(100)));
        } else if (type == ByteProcessor.class) {
            return new ByteProcessor.IndexOfProcessor((byte) random.nextInt());
        } else if (type == Charset.class) {
            return CHARSETS.get(random.nextInt(CHARSETS.size()));
        } else if (type == CharSequence.class) {
            return TEXTS.get(random.nextInt(TEXTS.size()));
        } else if (type == AsciiString.class) {
            return new AsciiString("ascii");
        } else if (type == StringBuilder.class) {
            return new StringBuilder();
        } else if (type == ByteOrder.class) {
            return random.nextInt(3) == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        } else if (type == ByteBufAllocator.class) {
            return UnpooledByteBufAllocator.DEFAULT;
        }
        throw new IllegalArgumentException("what to give for a " + type + "?");
    }

    private Object primitive(Class<?> type) {
        if (type == boolean.class) {
            return random.nextBoolean();
        } else if (type == byte.class) {
            return (byte) random.nextInt();
        } else if (type == float.class) {
            return random.nextFloat();
        } else if (type == double.class) {
            return random.nextDouble();
        }
        throw new IllegalArgumentException("what to give for a " + type + "?");
    }

    private int integer(BufferCall call) {
        return switch (call.name()) {
            case "retain", "release" -> random.nextInt(5) - 1;
            case "capacity" -> newCapacity();
            default -> call.isUnchecked() && integers++ == 0 ? upTo(model.capacity() - Long.BYTES) : indexOrLength();
        };
    }

    private int indexOrLength() {
        lastInteger = integers++ == 0 ? index(model.capacity()) : index(model.capacity() - lastInteger);
        return lastInteger;
    }

    /** A view beyond the end of its buffer reads memory that is not its own: not to be tried even with Netty's. */
    private int newCapacity() {
        return models.size() > 1 ? model.capacity() + random.nextInt(300) : random.nextInt(model.capacity() + 300);
    }

    private int index(int most) {
        return switch (random.nextInt(12)) {
            case 0 -> -1 - random.nextInt(3);
            case 1 -> most + random.nextInt(9);
            case 2 -> 0;
            case 3 -> most;
            case 4 -> model.readerIndex();
            case 5 -> model.readableBytes();
            case 6 -> upTo(model.readableBytes());
            default -> upTo(most);
        };
    }

    private int upTo(int most) {
        return random.nextInt(Math.max(0, most) + 1);
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private ByteBuf buffer() {
        int kind = random.nextInt(8);
        if (kind < 2) {
            return world.view(random.nextInt(models.size()));
        }
        byte[] content = kind < 4 ? BufferWorld.contentOf(model) : bytes(upTo(model.capacity() + 10));
        ByteBuf bytes = Unpooled.wrappedBuffer(content);
        ByteBuf buffer = switch (kind) {
            case 4 -> Unpooled.EMPTY_BUFFER;
            case 5 -> bytes.asReadOnly();
            case 6 -> Unpooled.directBuffer(Math.max(1, content.length)).writeBytes(content);
            case 7 -> Unpooled.compositeBuffer().addComponents(true, bytes, Unpooled.wrappedBuffer(content));
            default -> bytes;
        };
        if (random.nextBoolean()) {
            buffer.writerIndex(buffer.readerIndex()); // room to write to
        }
        fresh.add(buffer);
        return buffer;
    }

    private ByteBuffer nioBuffer() {
        byte[] content = bytes(upTo(model.capacity()));
        return switch (random.nextInt(4)) {
            case 0 -> ByteBuffer.wrap(content);
            case 1 -> ByteBuffer.wrap(content).asReadOnlyBuffer();
            case 2 -> ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
            default -> ByteBuffer.allocateDirect(content.length).put(content).flip();
        };
    }

    boolean contain(Object object) {
        return drawn.stream().anyMatch(argument -> argument == object);
    }

    /** What is in them now; not of a buffer that is one of the world's, because that may be untouched. */
    String after() {
        return drawn.stream().map(this::after).collect(Collectors.joining(", ", " (", ")"));
    }

    private String after(Object argument) {
        if (argument instanceof ByteBuf buffer) {
            int view = world.indexOf(buffer);
            return view < 0 ? BufferWorld.describe(buffer) : "view " + view;
        } else if (argument instanceof ByteBuffer buffer) {
            return BufferWorld.describe(buffer);
        } else if (argument instanceof byte[] bytes) {
            return ByteBufUtil.hexDump(bytes);
        } else if (argument instanceof ByteArrayOutputStream out) {
            return ByteBufUtil.hexDump(out.toByteArray());
        } else if (argument instanceof InputStream || argument instanceof ByteProcessor) {
            return "input";
        } else if (argument instanceof FileChannel file) {
            return Arrays.toString(BufferWorld.contentOf(file));
        }
        return argument.toString();
    }

    void release() {
        fresh.forEach(ByteBuf::release);
    }
}
