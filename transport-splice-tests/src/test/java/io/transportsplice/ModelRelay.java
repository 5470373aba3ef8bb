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

/** The user's handler at the source: does with each message what it was told to, and keeps account of the bytes. */
final class ModelRelay extends ChannelInboundHandlerAdapter {
    /** What becomes of a message. */
    enum Fate {
        WRITTEN,
        HELD,
        RELEASED,
        RELEASED_ELSEWHERE,
        WRITTEN_TWICE,
        WRITTEN_AS_BUFFER
    }

    /** A part of the source's stream that was written to the sink, and what became of that. */
    record Written(long from, long length, ChannelFuture future) {}

    private record Held(Object message, long from, long length) {}

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
    private final List<SpliceRegion> regions = new ArrayList<>();
    /** How many of them a splice handler made that is no more. */
    private int foreign;

    private Fate fate = Fate.WRITTEN;
    private long position;
    /** Bytes that are to come as regions. */
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
        foreign = regions.size();
    }

    long regionsAlive() {
        return regions.stream()
                .skip(foreign)
                .filter(region -> !region.isCopied() && region.refCnt() > 0)
                .count();
    }

    boolean allReleased() {
        return regions.stream().allMatch(region -> region.refCnt() == 0);
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
    public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
        readRequested = false;
        long length;
        if (message instanceof SpliceRegion region) {
            regions.add(region);
            length = region.count();
            source.consumed(region.isCopied() ? length : 0);
            ModelTally.count(region.isCopied() ? "copied regions" : "regions", 1);
        } else {
            length = ((ByteBuf) message).readableBytes();
            source.consumed(length);
            ModelTally.count("buffers", 1);
        }
        checkLimit(message, length);
        long from = position;
        position += length;
        boolean overtaking = !held.isEmpty() && fate != Fate.RELEASED && fate != Fate.RELEASED_ELSEWHERE;
        if (fate == Fate.HELD || overtaking) {
            held.add(new Held(message, from, length));
        } else {
            dispose(new Held(message, from, length), fate);
        }
    }

    /** While a limit lasts there are regions only, and none reaches beyond it. */
    private void checkLimit(Object message, long length) {
        if (limited > 0) {
            if (!(message instanceof SpliceRegion) || length > limited) {
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

    private void dispose(Held message, Fate how) throws IOException {
        switch (how) {
            case RELEASED -> ReferenceCountUtil.release(message.message());
            case RELEASED_ELSEWHERE -> elsewhere(() -> ReferenceCountUtil.release(message.message()));
            case WRITTEN_TWICE -> writeTwice(message);
            case WRITTEN_AS_BUFFER -> write(asBuffer(message));
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

    private Held asBuffer(Held message) throws IOException {
        if (!(message.message() instanceof SpliceRegion region)) {
            return message;
        }
        ByteBuf bytes = region.toByteBuf(sink.alloc());
        if (bytes.readableBytes() != message.length()) {
            throw violations.add(bytes + " of " + message);
        }
        return new Held(bytes, message.from(), message.length());
    }

    private void write(Held message) {
        written.add(new Written(message.from(), message.length(), sink.write(message.message())));
    }

    private void writeTwice(Held message) {
        if (message.message() instanceof SpliceRegion region) {
            region.retain();
            write(message);
            ChannelFuture second = sink.write(region);
            boolean guarded = sink.pipeline().get(EpollSpliceHandler.class) != null;
            second.addListener(done -> {
                if (guarded && done.isSuccess()) {
                    violations.add("a region could be written twice");
                }
            });
        } else {
            write(message);
        }
    }

    /** The first that is held; it is the caller's from here on. */
    Object takeHeld() {
        return held.remove().message();
    }

    /** All that are held, which does not change what becomes of later ones. */
    void disposeHeld(Fate how) throws IOException {
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
