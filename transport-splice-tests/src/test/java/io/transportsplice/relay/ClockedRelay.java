// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.Ticker;
import io.transportsplice.EpollSplice;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A relayed connection whose event loops, one or two, live by a clock of their own, which stands still unless the test
 * advances it. Their input and output do not wait for it.
 */
final class ClockedRelay implements AutoCloseable {
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int CHUNK = 64 * 1024;
    private static final long STUCK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final MockTicker ticker = Ticker.newMockTicker();
    private final List<IoEventLoop> loops = new ArrayList<>();
    private final boolean wrapped;
    private final Backend backend;
    private final Peer client;
    private final Peer server;
    private final Channel front;
    private final Channel back;

    /** @param handlers what each of the two channels has in its pipeline, before it is joined; anew for each */
    ClockedRelay(int loopCount, boolean wrapped, int bufferSize, Supplier<ChannelHandler[]> handlers) throws Exception {
        this.wrapped = wrapped;
        for (int i = 0; i < loopCount; i++) {
            loops.add(start());
        }
        backend = Backend.open(Family.TCP, bufferSize);
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        Channel listener = new ServerBootstrap()
                .group(group(0))
                .channel(EpollServerSocketChannel.class)
                .childHandler(adding(handlers, accepted))
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
        client = Peer.connect(listener.localAddress(), bufferSize);
        front = accepted.get();
        back = new Bootstrap()
                .group(group(loopCount - 1))
                .channel(EpollSocketChannel.class)
                .handler(adding(handlers, new CompletableFuture<>()))
                .connect(backend.address())
                .syncUninterruptibly()
                .channel();
        server = backend.accept();
        listener.close().syncUninterruptibly();
    }

    private IoEventLoop start() throws InterruptedException, ExecutionException {
        CompletableFuture<ManualIoEventLoop> started = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            ManualIoEventLoop loop =
                    new ManualIoEventLoop(null, Thread.currentThread(), EpollIoHandler.newFactory(), ticker);
            started.complete(loop);
            while (!loop.isTerminated()) {
                loop.run(TURN_NANOS);
            }
        });
        thread.start();
        return started.get();
    }

    private IoEventLoopGroup group(int index) {
        return wrapped ? EpollSplice.wrap(loops.get(index)) : loops.get(index);
    }

    private static ChannelInitializer<Channel> adding(
            Supplier<ChannelHandler[]> handlers, CompletableFuture<Channel> initialized) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handlers.get());
                initialized.complete(channel);
            }
        };
    }

    void join() {
        RelayHandler.join(front, back);
        loops.forEach(ClockedRelay::settle); // before the clock goes on
    }

    /** Sends in the background, and ends the stream. */
    static CompletableFuture<Void> send(Peer from, Pattern pattern, long bytes) {
        return CompletableFuture.runAsync(() -> {
            try {
                from.send(pattern, 0, bytes, CHUNK);
                from.halfClose();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    Peer client() {
        return client;
    }

    Peer server() {
        return server;
    }

    long bytesFromClient() {
        return front.pipeline().get(RelayHandler.class).bytesRelayed();
    }

    /** How many of its two channels are open. */
    int open() {
        return (front.isOpen() ? 1 : 0) + (back.isOpen() ? 1 : 0);
    }

    /** Lets time pass, and what is due happen. */
    void advance(long millis) {
        ticker.advance(millis, TimeUnit.MILLISECONDS);
        loops.forEach(ClockedRelay::settle);
    }

    /** Behind all that is due. A task of another thread, even a timed one, may be done before the loop looks at its clock. */
    private static void settle(IoEventLoop loop) {
        for (int turn = 0; turn < 2; turn++) {
            Promise<Void> settled = loop.newPromise();
            loop.execute(() -> loop.schedule(() -> settled.setSuccess(null), 0, TimeUnit.MILLISECONDS));
            settled.syncUninterruptibly();
        }
    }

    /** Waits until what the server got is acknowledged: then nothing shows that it was ever sent. */
    void awaitAcknowledged() {
        Await.until("acknowledged", () -> EpollSplice.unsentBytes(back), unsent -> unsent == 0);
    }

    /** Lets time pass, but the loop of the channel that was accepted learns of it last. */
    void advanceBehindABusyLoop(long millis) throws Exception {
        LoopHold.whileHeld(loops.get(0), () -> {
            ticker.advance(millis, TimeUnit.MILLISECONDS);
            settle(loops.get(loops.size() - 1));
        });
        loops.forEach(ClockedRelay::settle);
    }

    /** Waits until the client's channel takes no more. */
    void awaitFull() {
        Await.until("full", () -> !front.isWritable());
    }

    /** Waits until it takes no more, and its far end neither. */
    void awaitStuck() {
        Await.until("stuck", () -> {
            int before = EpollSplice.unsentBytes(front);
            Await.pause(STUCK_NANOS);
            return !front.isWritable() && EpollSplice.unsentBytes(front) == before;
        });
    }

    /** Ends the loop of the channel that was connected. Time may pass for the other one alone from here on. */
    void endLastLoop() {
        end(loops.remove(loops.size() - 1));
    }

    @SuppressWarnings("deprecation") // a graceful end waits for a clock that stands still
    private static void end(IoEventLoop loop) {
        loop.shutdown();
        loop.terminationFuture().syncUninterruptibly();
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
        backend.close();
        for (Channel channel : List.of(front, back)) {
            if (channel.isOpen()) { // else its loop may be no more
                channel.close().syncUninterruptibly();
            }
        }
        loops.forEach(ClockedRelay::end);
    }
}
