// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.util.concurrent.Future;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Side;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a limit gives is written into TLS, wherever the sink's splice handler stands. */
class LimitIntoTlsTest extends IntoTlsFixture {

    /** A user's own relay, which writes what it reads as it is. */
    private static final class Forwarder extends ChannelInboundHandlerAdapter {
        private final AtomicLong limited = new AtomicLong();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private volatile Channel peer;

        static void join(Channel front, Channel back) {
            of(front).peer = back;
            of(back).peer = front;
        }

        static Forwarder of(Channel channel) {
            return channel.pipeline().get(Forwarder.class);
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(false);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof LimitedBytes bytes) {
                limited.addAndGet(bytes.content().readableBytes());
            }
            peer.write(LimitedBytes.unwrap(message)).addListener(written -> {
                if (!written.isSuccess()) {
                    failure.compareAndSet(null, written.cause());
                    peer.close(); // or the test would wait for what does not come
                }
            });
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            peer.flush();
        }
    }

    private void assemble(Side side, ChannelPipeline pipeline, boolean behind) {
        way.tls().addTo(side, pipeline);
        if (side == way.source() || behind) { // a limit counts what is decoded
            pipeline.addLast(newHandler());
        } else {
            pipeline.addFirst(newHandler());
        }
    }

    private Future<Long> limit(long bytes) throws Exception {
        EpollSpliceHandler handler = source.pipeline().get(EpollSpliceHandler.class);
        return source.eventLoop().submit(() -> handler.limit(bytes)).sync().getNow();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldWriteWhatALimitGives(boolean behind) throws Exception {
        open((side, pipeline) -> assemble(side, pipeline, behind), Forwarder::new, Forwarder::join);
        Future<Long> limit = limit(BYTES);
        source.config().setAutoRead(true);
        sink.config().setAutoRead(true);
        handshake();
        java.util.concurrent.Future<?> sent = rig.async(() -> client.send(pattern, 0, BYTES + REST));
        java.util.concurrent.Future<?> received = rig.async(() -> server.receive(pattern, 0, BYTES + REST));
        assertEquals(BYTES, await(limit));
        Forwarder forwarder = Forwarder.of(source);
        try {
            Rig.await(received);
        } catch (AssertionError e) {
            Throwable failure = forwarder.failure.get();
            if (failure != null) {
                e.addSuppressed(failure);
            }
            throw e;
        }
        Rig.await(sent);
        assertEquals(BYTES, forwarder.limited.get());
        endSink();
        assertEquals(new Received(BYTES + REST, End.WHOLE), server.receiveToEnd(pattern, BYTES + REST));
    }

    private void openRelay(boolean behind) throws Exception {
        open((side, pipeline) -> assemble(side, pipeline, behind), RelayHandler::new, RelayHandler::join);
        handshake();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldRelayWhatALimitGivesAndTheEnd(boolean behind) throws Exception {
        openRelay(behind);
        Future<Long> limit = limit(BYTES);
        java.util.concurrent.Future<?> sent = rig.async(() -> {
            client.send(pattern, 0, BYTES + REST);
            client.finish();
        });
        assertEquals(new Received(BYTES + REST, End.WHOLE), server.receiveToEnd(pattern, 0));
        assertEquals(BYTES, await(limit));
        Rig.await(sent);
    }

    /** All that came is passed on, and then it is reset: no close_notify. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldRelayNoEndWhereTheSourceIsResetWithinALimit(boolean behind) throws Exception {
        openRelay(behind);
        Future<Long> limit = limit(2 * BYTES);
        carry(0, BYTES);
        client.peer().reset();
        assertEquals(new Received(BYTES, End.RESET), server.receiveToEnd(pattern, BYTES));
        expectFailed(limit);
    }

    /** Of TLS without its own end, else of TCP: that is a whole one of fewer bytes. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldTellOfTheEndOfTlsAlone(boolean behind) throws Exception {
        openRelay(behind);
        Future<Long> limit = limit(2 * BYTES);
        carry(0, BYTES);
        client.peer().halfClose();
        if (way.hasTlsAtBoth()) {
            assertEquals(new Received(BYTES, End.RESET), server.receiveToEnd(pattern, BYTES));
            expectFailed(limit);
        } else {
            assertEquals(new Received(BYTES, End.WHOLE), server.receiveToEnd(pattern, BYTES));
            assertEquals(BYTES, await(limit));
        }
    }
}
