// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A channel that splices all it reads, and whoever connects to it; its messages are kept for the test, which must release
 * them.
 */
final class CollectingSource implements AutoCloseable {
    private final BlockingQueue<ByteBuf> messages = new LinkedBlockingQueue<>();
    private final Pattern pattern = new Pattern(7);
    private final Channel channel;
    private final Peer peer;
    private long sent;

    CollectingSource(EventLoopGroup group, SpliceOptions options, Consumer<Channel> setup) throws IOException {
        try (Backend backend = Backend.open(Family.TCP, 0)) {
            channel = new Bootstrap()
                    .group(group)
                    .channel(EpollSocketChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel opened) {
                            setup.accept(opened);
                            opened.pipeline().addLast(new EpollSpliceHandler(options), new Collector());
                        }
                    })
                    .connect(backend.address())
                    .syncUninterruptibly()
                    .channel();
            peer = backend.accept();
        }
    }

    private final class Collector extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            messages.add((ByteBuf) message);
        }
    }

    Channel channel() {
        return channel;
    }

    Pattern pattern() {
        return pattern;
    }

    Peer peer() {
        return peer;
    }

    /** Sends some bytes and waits for the next message; the first may have been read before splicing began. */
    PipeByteBuf nextInPipe() throws IOException, InterruptedException {
        while (true) {
            ByteBuf message = next();
            if (message instanceof PipeByteBuf buffer) {
                return buffer;
            }
            message.release();
        }
    }

    /** Sends some bytes and waits for the next message, in a pipe or copied. */
    ByteBuf next() throws IOException, InterruptedException {
        peer.send(pattern, sent, sent + 1_000, 1_000);
        sent += 1_000;
        ByteBuf message = messages.poll(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("nothing was read");
        }
        return message;
    }

    /** Where in the stream a message of {@link #nextInPipe} starts. */
    long position(ByteBuf message) {
        return sent - message.capacity();
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) { // else its loop may be no more
            channel.close().syncUninterruptibly();
        }
        peer.close();
        messages.forEach(ByteBuf::release);
        messages.clear();
    }
}
