// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.compression.JdkZlibEncoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Tls;
import io.transportsplice.testing.TlsPeer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Handlers with a last word of their own, and TLS that is slow to hear its peer's. */
@ExtendWith(Baseline.class)
@Timeout(120)
class OddGoodbyesTest {
    private static final int KIB = 1024;

    /** Its trailer, written when the channel is closed, would make what was cut look whole. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldNotLetACompressorCloseWhatWasCut(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.pipeline(OddGoodbyesTest::addCompressor));
            Link link = rig.link(Route.TCP_TCP_UP);
            link.source().send(link.forward(), 0, 300 * KIB, 32 * KIB);
            Inflating inflating = new Inflating();
            while (inflating.bytes < 300 * KIB) {
                assertTrue(inflating.take(link.sink()), "an end in mid-stream");
            }
            link.source().reset();
            assertEquals(Peer.End.RESET, inflating.toEnd(link.sink()));
            assertFalse(inflating.inflater.finished());
            rig.relay().awaitNoChannels();
        }
    }

    private static void addCompressor(Side side, ChannelPipeline pipeline) {
        if (side == Side.BACK) {
            pipeline.addLast(new JdkZlibEncoder(ZlibWrapper.ZLIB));
        }
    }

    private static final class Inflating {
        final Inflater inflater = new Inflater();
        private final byte[] in = new byte[32 * KIB];
        private final byte[] out = new byte[32 * KIB];
        long bytes;

        boolean take(Peer peer) throws IOException, DataFormatException {
            int length = peer.read(in, in.length);
            inflater.setInput(in, 0, Math.max(0, length));
            int inflated;
            do {
                inflated = inflater.inflate(out);
                bytes += inflated;
            } while (inflated > 0);
            return length >= 0;
        }

        Peer.End toEnd(Peer peer) throws DataFormatException {
            try {
                while (take(peer)) {
                    // until there is no more
                }
                return Peer.End.EOF;
            } catch (IOException e) {
                return Peer.End.RESET;
            }
        }
    }

    /** Netty's decoders forget what they have not decoded when the input ends, and TLS on a thread of its own is slow. */
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldNotTakeForWholeWhatTlsHasThrownAway(Mode mode) throws Exception {
        SslContext server = Tls.strictServer();
        SslContext client = Tls.clientWithCertificate();
        CountDownLatch mayWork = new CountDownLatch(1);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        AtomicInteger tasks = new AtomicInteger();
        Executor slow = task -> thread.execute(() -> {
            if (tasks.getAndIncrement() > 0) { // the first is to answer the client's hello
                awaitLatch(mayWork);
            }
            task.run();
        });
        try (Rig rig = new Rig(mode)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> {
                if (side == Side.FRONT) {
                    pipeline.addLast(new SslHandler(server.newEngine(UnpooledByteBufAllocator.DEFAULT), slow));
                }
            }));
            Link link = rig.link(Route.TCP_TCP_UP);
            TlsPeer peer = new TlsPeer(link.source(), client.newEngine(UnpooledByteBufAllocator.DEFAULT));
            peer.handshake();
            peer.send(link.forward(), 0, 40 * KIB);
            peer.finish();
            rig.relay().awaitRest();
            Await.until("TLS has two tasks", tasks::get, count -> count == 2);
            mayWork.countDown();
            Link.expect(new Peer.Received(0, Peer.End.RESET), link.sink().receiveToEnd(link.forward(), 0));
            assertEquals(End.RESET, peer.receiveToEnd(link.backward(), 0).end());
            rig.relay().awaitNoChannels();
        } finally {
            thread.shutdownNow();
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        Await.until("the test lets TLS work", () -> latch.getCount() == 0);
    }

    /** TLS through TLS: the outer one's end is not the inner stream's. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldTakeTheInnerTlssWordAlone(boolean whole) throws Exception {
        try (Rig rig = new Rig(Mode.AUTO)) {
            rig.configure(c -> c.pipeline((side, pipeline) -> {
                if (side == Side.FRONT) {
                    pipeline.addLast(Tls.FRONT.handler(side), Tls.FRONT.handler(side));
                }
            }));
            InetSocketAddress address =
                    (InetSocketAddress) rig.relay(Route.TCP_TCP_UP).address();
            SslHandler outer = Tls.BACK.handler(Side.BACK);
            SslHandler inner = Tls.BACK.handler(Side.BACK);
            Channel client = connect(address, outer, inner);
            try (Peer server = rig.backend().accept()) {
                inner.handshakeFuture().syncUninterruptibly();
                client.writeAndFlush(client.alloc().buffer().writeZero(1)).syncUninterruptibly();
                assertEquals(1, server.read(new byte[1], 1));
                if (whole) {
                    inner.closeOutbound().syncUninterruptibly();
                }
                outer.closeOutbound().syncUninterruptibly();
                assertEquals(
                        new Peer.Received(0, whole ? Peer.End.EOF : Peer.End.RESET),
                        server.receiveToEnd(rig.newPattern(), 0));
            } finally {
                client.close().syncUninterruptibly();
                LoopGroups.end(client.eventLoop().parent());
            }
        }
    }

    private static Channel connect(InetSocketAddress address, SslHandler outer, SslHandler inner) {
        return new Bootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()))
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(outer, inner);
                    }
                })
                .connect(address)
                .syncUninterruptibly()
                .channel();
    }
}
