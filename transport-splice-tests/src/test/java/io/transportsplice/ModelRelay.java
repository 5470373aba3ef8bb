package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** The user's handler at the source: does with each message what it was told to, and keeps account of the bytes. */
final class ModelRelay extends ChannelInboundHandlerAdapter {
    /** What becomes of a message. */
    enum Fate {
        WRITTEN,
        HELD,
        RELEASED,
        RELEASED_ELSEWHERE,
        /** Two owners write it: the stream has it twice, unless they fail. */
        WRITTEN_TWICE,
        /** A look at a byte, then written. */
        LOOKED_AT,
        LOOKED_AT_ELSEWHERE,
        /** A duplicate is written, and the original released. */
        DUPLICATED,
        /** Two slices are written, one after the other. */
        SPLIT,
        /** Somebody else has it, too, until the next message. */
        SHARED
    }

    /** A part of the source's stream that was written to the sink, and what became of that. */
    record Written(long from, long length, ChannelFuture future) {}

    private record Held(ByteBuf bytes, long from, long length) {}

    private static final ExecutorService ELSEWHERE = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "elsewhere");
        thread.setDaemon(true);
        return thread;
    });

    private final ModelSocket source;
    private final SocketChannel sink;
    private final ModelViolations violations;
    private final List<Written> written = new ArrayList<>();
    private final Deque<Held> held = new ArrayDeque<>();
    private final List<PipeByteBuf> buffers = new ArrayList<>();
    /** How many of them a splice handler made that is no more. */
    private int foreign;
    /** What somebody else has, too. */
    private ByteBuf shared;

    private Fate fate = Fate.WRITTEN;
    private long position;
    /** Bytes that are to come as a limit's. */
    private long limited;

    private boolean readRequested;
    private boolean inputEnded;
    private boolean inactive;
    private boolean failed;

    ModelRelay(ModelSocket source, ModelSocket sink, ModelViolations violations) {
        this.source = source;
        this.sink = sink.channel();
        this.violations = violations;
    }

    void fate(Fate newFate) {
        fate = newFate;
    }

    void requestRead(Channel channel) {
        readRequested = true;
        channel.read();
    }

    void cancelRead() {
        readRequested = false;
    }

    boolean isReadRequested() {
        return readRequested;
    }

    void spliceHandlerChanged() {
        foreign = buffers.size();
    }

    /** Those of today's splice handler whose pipe is not at home. */
    private Stream<PipeByteBuf> inFlight() {
        return buffers.stream().skip(foreign).filter(buffer -> buffer.refCnt() > 0 && !buffer.isInMemory());
    }

    long inFlightCount() {
        return inFlight().count();
    }

    /** Whether more must not be filled: as many as may wait in sinks do. */
    boolean isBoundReached(int maxInFlight) {
        return inFlightCount() >= maxInFlight && inFlight().allMatch(PipeByteBuf::isWaiting);
    }

    boolean allReleased() {
        return buffers.stream().allMatch(buffer -> buffer.refCnt() == 0);
    }

    List<Written> written() {
        return written;
    }

    boolean isInputEnded() {
        return inputEnded;
    }

    boolean isInactive() {
        return inactive;
    }

    boolean isFailed() {
        return failed;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // equals() would look at the bytes
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        readRequested = false;
        stopSharing();
        ByteBuf bytes = (ByteBuf) LimitedBytes.unwrap(message);
        long length = bytes.readableBytes();
        PipeByteBuf buffer = PipeByteBuf.of(bytes);
        if (buffer == null) {
            source.consumed(length);
            ModelTally.count("copied", 1);
        } else {
            if (buffers.isEmpty() || buffers.get(buffers.size() - 1) != buffer) {
                buffers.add(buffer);
            }
            ModelTally.count("spliced", 1);
        }
        checkLimit(message, length);
        long from = position;
        position += length;
        boolean overtaking = !held.isEmpty() && fate != Fate.RELEASED && fate != Fate.RELEASED_ELSEWHERE;
        if (fate == Fate.HELD || overtaking) {
            held.add(new Held(bytes, from, length));
        } else {
            dispose(new Held(bytes, from, length), fate);
        }
    }

    /** While a limit lasts there is nothing else, and nothing reaches beyond it. */
    private void checkLimit(Object message, long length) {
        if (limited > 0) {
            if (!(message instanceof LimitedBytes) || length > limited) {
                violations.add(message + " with " + limited + " bytes of a limit to come");
            }
            limited -= length;
        }
    }

    /** Limits the next bytes, unless there is a limit. */
    void limit(EpollSpliceHandler handler, int bytes) {
        if (limited == 0) {
            limited = bytes;
            handler.limit(bytes).addListener(done -> limited = 0);
        }
    }

    private void dispose(Held message, Fate how) {
        switch (how) {
            case RELEASED -> ReferenceCountUtil.release(message.bytes());
            case RELEASED_ELSEWHERE -> elsewhere(() -> ReferenceCountUtil.release(message.bytes()));
            case WRITTEN_TWICE -> writeTwice(message);
            case LOOKED_AT -> {
                look(message);
                write(message);
            }
            case LOOKED_AT_ELSEWHERE -> {
                elsewhere(() -> look(message));
                write(message);
            }
            case DUPLICATED -> {
                write(new Held(message.bytes().retainedDuplicate(), message.from(), message.length()));
                message.bytes().release();
            }
            case SPLIT -> split(message);
            case SHARED -> {
                stopSharing();
                shared = message.bytes().retain();
                write(message);
            }
            case WRITTEN, HELD -> write(message);
        }
    }

    private static void elsewhere(Runnable task) {
        try {
            ELSEWHERE.submit(task).get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void look(Held message) {
        ByteBuf bytes = message.bytes();
        if (bytes.getByte(bytes.readerIndex()) != ModelSocket.patternAt(message.from())) {
            violations.add("a wrong byte in " + message);
        }
    }

    private void write(Held message) {
        written.add(new Written(message.from(), message.length(), sink.write(message.bytes())));
    }

    private void writeTwice(Held message) {
        message.bytes().retain();
        write(message);
        write(message);
    }

    private void split(Held message) {
        ByteBuf bytes = message.bytes();
        int half = bytes.readableBytes() / 2;
        write(new Held(bytes.readRetainedSlice(half), message.from(), half));
        write(new Held(bytes, message.from() + half, message.length() - half));
    }

    void stopSharing() {
        if (shared != null) {
            shared.release();
            shared = null;
        }
    }

    /** The first that is held; it is the caller's from here on. */
    ByteBuf takeHeld() {
        return held.remove().bytes();
    }

    /** All that are held, which does not change what becomes of later ones. */
    void disposeHeld(Fate how) {
        stopSharing();
        for (Held message = held.poll(); message != null; message = held.poll()) {
            dispose(message, how);
        }
        sink.flush();
    }

    /** As a relay does: the end follows the last byte. */
    void endSink() {
        sink.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> {
            if (flushed.isSuccess()) {
                sink.shutdownOutput();
            }
        });
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        sink.flush();
        ctx.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            if (inputEnded) {
                violations.add("the end of input was told twice");
            }
            inputEnded = true;
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (inactive) {
            violations.add("channelInactive was told twice");
        }
        inactive = true;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException || cause instanceof ModelEpoll.RegistrationLost) {
            failed = true;
        } else {
            violations.add(cause);
        }
    }
}
