// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollDomainSocketChannelConfig;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.transportsplice.EpollSplice;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Pattern;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A unix-domain socket that is read for the descriptors of files: they travel beside the bytes, and no pipe holds them. */
@ExtendWith(Baseline.class)
@Timeout(60)
class DescriptorsTest {
    private static final int MANY = 10;
    private static final int CHUNK = 64 * 1024;
    private static final int BYTES = 32 * CHUNK;

    @TempDir
    Path directory;

    private final Pattern pattern = new Pattern(1);
    private final AtomicInteger descriptors = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private volatile Channel accepted;

    @ParameterizedTest
    @CsvSource({"ALWAYS,false", "ALWAYS,true", "AUTO,false", "AUTO,true", "NEVER,false"})
    void shouldHandOnDescriptorsBeforeAndAfterBytes(Policy policy, boolean wrapped) throws Exception {
        IoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        try {
            File path = directory.resolve("s").toFile();
            DomainSocketAddress address = new DomainSocketAddress(path);
            new ServerBootstrap()
                    .group(wrapped ? EpollSplice.wrap(group) : group)
                    .channel(EpollServerDomainSocketChannel.class)
                    .childHandler(new Receiving(policy))
                    .bind(address)
                    .syncUninterruptibly();
            Channel client = new Bootstrap()
                    .group(group)
                    .channel(EpollDomainSocketChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(address)
                    .syncUninterruptibly()
                    .channel();
            sendDescriptors(client, MANY);
            switchTo(DomainSocketReadMode.BYTES);
            sendBytes(client, BYTES);
            switchTo(DomainSocketReadMode.FILE_DESCRIPTORS);
            sendDescriptors(client, 2 * MANY);
            switchTo(DomainSocketReadMode.BYTES);
            sendBytes(client, 2 * BYTES);
        } finally {
            LoopGroups.end(group);
        }
    }

    private void switchTo(DomainSocketReadMode mode) {
        ((EpollDomainSocketChannelConfig) accepted.config()).setReadMode(mode);
    }

    private void sendDescriptors(Channel client, int expected) throws IOException {
        FileDescriptor[] pipe = FileDescriptor.pipe();
        for (int i = 0; i < MANY; i++) {
            client.writeAndFlush(pipe[0]).syncUninterruptibly();
        }
        pipe[0].close();
        pipe[1].close();
        Await.until("descriptors", descriptors::get, count -> count == expected);
    }

    private void sendBytes(Channel client, long upTo) {
        for (long from = upTo - BYTES; from < upTo; from += CHUNK) {
            client.writeAndFlush(Unpooled.wrappedBuffer(pattern.bytes(from, CHUNK)));
        }
        Await.until("bytes", bytes::get, count -> count == upTo);
    }

    private final class Receiving extends ChannelInitializer<Channel> {
        private final Policy policy;

        Receiving(Policy policy) {
            this.policy = policy;
        }

        @Override
        protected void initChannel(Channel channel) {
            accepted = channel;
            switchTo(DomainSocketReadMode.FILE_DESCRIPTORS);
            channel.pipeline()
                    .addLast(
                            new EpollSpliceHandler(
                                    SpliceOptions.builder().policy(policy).build()),
                            new Collecting());
        }
    }

    private final class Collecting extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
            if (message instanceof FileDescriptor descriptor) {
                descriptor.close();
                descriptors.incrementAndGet();
                return;
            }
            ByteBuf buffer = (ByteBuf) message;
            byte[] array = new byte[buffer.readableBytes()];
            buffer.readBytes(array);
            buffer.release();
            assertEquals(-1, pattern.firstMismatch(array, 0, array.length, bytes.get()));
            bytes.addAndGet(array.length);
        }
    }
}
