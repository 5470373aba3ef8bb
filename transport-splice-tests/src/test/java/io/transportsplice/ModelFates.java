// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Does to messages what users do: writes them to sinks, shares, looks, releases, on whatever thread. */
final class ModelFates {
    private static final ExecutorService ELSEWHERE = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "elsewhere");
        thread.setDaemon(true);
        return thread;
    });

    private final ModelWorld world;
    private final Channel own;
    private final Channel sink;
    private final Channel otherSink;
    /** What somebody else has, too. */
    private ModelPart shared;

    ModelFates(ModelWorld world, ModelConnection own, ModelConnection sink, ModelConnection otherSink) {
        this.world = world;
        this.own = own.channel();
        this.sink = sink.channel();
        this.otherSink = otherSink.channel();
    }

    /** @param part the bytes are ours from here on */
    void dispose(ModelPart part, ModelFate how) {
        ByteBuf bytes = part.content();
        switch (how) {
            case RELEASED -> bytes.release();
            case RELEASED_ELSEWHERE -> elsewhere(bytes::release);
            case RELEASED_WHILE_QUEUE_IS_FULL -> releaseWhileQueueIsFull(bytes);
            case WRITTEN_TWICE -> {
                bytes.retain();
                write(sink, part);
                write(sink, part);
            }
            case LOOKED_AT -> {
                look(part);
                write(sink, part);
            }
            case LOOKED_AT_ELSEWHERE -> {
                elsewhere(() -> look(part));
                write(sink, part);
            }
            case COPIED -> {
                write(sink, part.withBytes(bytes.copy(), 0));
                bytes.release();
            }
            case DUPLICATED -> {
                write(sink, part.withBytes(bytes.retainedDuplicate(), 0));
                bytes.release();
            }
            case SPLIT -> {
                int half = bytes.readableBytes() / 2;
                write(sink, part.withBytes(bytes.readRetainedSlice(half), 0));
                write(sink, part.withBytes(bytes, half));
            }
            case SLICED -> {
                int half = bytes.readableBytes() / 2;
                write(sink, part.withBytes(bytes.skipBytes(half), half));
            }
            case SHARED -> {
                stopSharing();
                shared = part.withBytes(bytes.retainedDuplicate(), 0);
                write(sink, part);
            }
            case BROADCAST -> {
                write(otherSink, part.withBytes(bytes.retainedDuplicate(), 0));
                write(sink, part);
            }
            case REDIRECTED -> write(otherSink, part);
            case ECHOED -> write(own, part);
            case CANCELLED -> {
                ChannelFuture cancelled = write(sink, part.withBytes(bytes.retainedDuplicate(), 0));
                cancelled.cancel(false);
                write(otherSink, part);
            }
            case WRITTEN, HELD -> write(sink, part);
        }
    }

    private static ChannelFuture write(Channel to, ModelPart part) {
        return to.write(part);
    }

    void flush() {
        sink.flush();
        otherSink.flush();
        own.flush();
    }

    private void look(ModelPart part) {
        if (!part.isRight()) {
            world.violations().add("a wrong byte in " + part);
        }
    }

    /** After a last look. */
    void releaseElsewhere(ModelPart part) {
        elsewhere(() -> {
            look(part);
            part.release();
        });
    }

    private static void elsewhere(Runnable task) {
        try {
            ELSEWHERE.submit(task).get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the loop does not take is offered to it again, by another thread. */
    private void releaseWhileQueueIsFull(ByteBuf bytes) {
        world.full(true);
        elsewhere(bytes::release);
        world.full(false);
        world.gate().openForAWhile(world::receive);
    }

    /** Whoever had the bytes of the last message, too, looks at them a last time. */
    void stopSharing() {
        if (shared != null) {
            look(shared);
            shared.release();
            shared = null;
        }
    }
}
