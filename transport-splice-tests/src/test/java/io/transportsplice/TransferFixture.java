// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.TestRelay;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two connected channels for transfers, whose source reads so many bytes at once, and an event loop that is not theirs:
 * without a handler and with one of each policy, in a wrapped group and in a stock one, either side the source.
 */
@ExtendWith(Baseline.class)
@Timeout(60)
@ParameterizedClass
@MethodSource("ways")
abstract class TransferFixture {
    static final int READ = 1000;

    /** With a policy of null the transfer brings its own handler. */
    record Way(SpliceOptions.Policy policy, boolean wraps, Route route) {}

    static List<Way> ways() {
        List<Way> ways = new ArrayList<>();
        for (boolean wraps : new boolean[] {false, true}) {
            for (Route route : new Route[] {Route.TCP_TCP_UP, Route.UNIX_TCP_DOWN}) {
                ways.add(new Way(null, wraps, route));
                for (SpliceOptions.Policy policy : SpliceOptions.Policy.values()) {
                    ways.add(new Way(policy, wraps, route));
                }
            }
        }
        return ways;
    }

    @Parameter
    private Way way;

    final Rig rig = SpliceToTest.newRig();
    final IoEventLoopGroup others = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    Link link;
    Channel source;
    Channel sink;

    @BeforeEach
    void open() throws Exception {
        rig.configure(c -> c.wrapped(way.wraps));
        link = rig.link(way.route);
        TestRelay.Pair pair = rig.relay().lastPair();
        source = way.route.up() ? pair.front() : pair.back();
        sink = way.route.up() ? pair.back() : pair.front();
        if (way.policy != null) {
            addSpliceHandler(source);
            addSpliceHandler(sink);
        }
        source.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(READ));
    }

    /** To an event loop that is not the source's. */
    EventLoop moveSink() throws Exception {
        sink.deregister().sync();
        EventLoop elsewhere = others.next();
        elsewhere.register(sink).sync();
        return elsewhere;
    }

    boolean neverSplices() {
        return way.policy == SpliceOptions.Policy.NEVER;
    }

    private void addSpliceHandler(Channel channel) {
        channel.pipeline()
                .addFirst(new EpollSpliceHandler(
                        SpliceOptions.builder().policy(way.policy).build()));
    }

    /** The source's; a new one where the transfer would bring its own. */
    EpollSpliceHandler spliceHandler() {
        EpollSpliceHandler handler = source.pipeline().get(EpollSpliceHandler.class);
        if (handler == null) {
            handler = new EpollSpliceHandler();
            source.pipeline().addFirst(handler);
        }
        return handler;
    }

    /** Whether a transfer has begun. */
    boolean isTaken() {
        return isTaken(source);
    }

    static boolean isTaken(Channel source) {
        return source.eventLoop()
                .submit(() -> source.pipeline().toMap().values().stream()
                        .anyMatch(each -> each instanceof EpollSpliceHandler handler
                                && handler.input().isTaken()))
                .syncUninterruptibly()
                .getNow();
    }

    int unread() {
        return Availability.LIBC.unread(((UnixChannel) source).fd().intValue());
    }

    /** The first write to the sink, which the test has to end. */
    CompletableFuture<ChannelPromise> holdWrite() {
        CompletableFuture<ChannelPromise> written = new CompletableFuture<>();
        sink.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message);
                written.complete(promise);
            }
        });
        return written;
    }

    @AfterEach
    void close() throws Exception {
        source.close(); // its loop may have ended, and closed it
        sink.close();
        source.closeFuture().sync();
        sink.closeFuture().sync();
        LoopGroups.end(others); // with its pipes, which the rig would miss
        rig.close();
    }

    static long await(Future<Long> moved) throws Exception {
        return moved.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
    }
}
