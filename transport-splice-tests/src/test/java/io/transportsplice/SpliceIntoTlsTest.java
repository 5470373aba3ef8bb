// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelayConfig;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A transfer into TLS, from plain bytes or from TLS: all of them, no others, and no end that nobody has asked for. */
class SpliceIntoTlsTest extends IntoTlsFixture {
    private static final int RECORD = 16 * 1024;

    private void open() throws Exception {
        open(this::assemble, SpliceToTest.Rest::new, (front, back) -> {});
        sink.config().setAutoRead(true); // for the handshake
    }

    private void assemble(Side side, ChannelPipeline pipeline) {
        if (way.policy() != null) {
            pipeline.addFirst(newHandler());
        }
        way.tls().addTo(side, pipeline);
    }

    private Received receiveToEnd(long from) {
        return server.receiveToEnd(pattern, from);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, RECORD, BYTES})
    void shouldMoveExactlySoManyBytesAndThenMore(int bytes) throws Exception {
        open();
        Future<Long> first = EpollSplice.spliceTo(source, sink, bytes);
        handshake();
        java.util.concurrent.Future<?> sent = rig.async(() -> client.send(pattern, 0, 2L * bytes + REST));
        server.receive(pattern, 0, bytes);
        assertEquals(bytes, await(first));
        Future<Long> second = EpollSplice.spliceTo(source, sink, bytes);
        server.receive(pattern, bytes, 2L * bytes);
        assertEquals(bytes, await(second));
        Rig.await(sent);
        source.config().setAutoRead(true);
        SpliceToTest.Rest rest = source.pipeline().get(SpliceToTest.Rest.class);
        Await.until("the rest is the source's own", rest.bytes::get, count -> count == REST);
        endSink();
        assertEquals(new Received(2L * bytes, End.WHOLE), receiveToEnd(2L * bytes));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldMoveAWholeStreamAndTellOfItsEnd(boolean sameLoop) throws Exception {
        if (!sameLoop) {
            rig.configure(TestRelayConfig::differentLoops);
        }
        open();
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        moved.addListener(done -> endSink());
        handshake();
        java.util.concurrent.Future<?> sent = rig.async(() -> {
            client.send(pattern, 0, BYTES);
            client.finish();
        });
        assertEquals(new Received(BYTES, End.WHOLE), receiveToEnd(0));
        assertEquals(BYTES, await(moved));
        Rig.await(sent);
    }

    @Test
    void shouldMoveBothWaysAtOnce() throws Exception {
        open();
        Pattern answer = rig.newPattern();
        Future<Long> there = EpollSplice.spliceTo(source, sink, BYTES);
        Future<Long> back = EpollSplice.spliceTo(sink, source, BYTES);
        handshake();
        java.util.concurrent.Future<?> sent = rig.async(() -> client.send(pattern, 0, BYTES));
        java.util.concurrent.Future<?> answered = rig.async(() -> server.send(answer, 0, BYTES));
        java.util.concurrent.Future<?> received = rig.async(() -> client.receive(answer, 0, BYTES));
        server.receive(pattern, 0, BYTES);
        Rig.await(received);
        Rig.await(sent);
        Rig.await(answered);
        assertEquals(BYTES, await(there));
        assertEquals(BYTES, await(back));
    }

    @Test
    void shouldWaitForTheHandshakeOfItsSink() throws Exception {
        open();
        AtomicInteger written = new AtomicInteger();
        sink.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                written.addAndGet(((ByteBuf) message).readableBytes());
                ctx.write(message, promise);
            }
        });
        Future<Long> moved = EpollSplice.spliceTo(source, sink, REST);
        client.handshake();
        client.send(pattern, 0, REST);
        Await.until("it has been written", written::get, bytes -> bytes == REST);
        assertFalse(moved.isDone());
        server.handshake();
        server.receive(pattern, 0, REST);
        assertEquals(REST, await(moved));
    }

    @Test
    void shouldNotEndItsSinkWhereItsSourceIsReset() throws Exception {
        open();
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        handshake();
        carry(0, BYTES);
        client.peer().reset();
        expectCut(moved, BYTES);
    }

    /** By a FIN alone where it speaks TLS, and no byte has come. */
    @Test
    void shouldNotEndItsSinkWhereItsSourceIsCutAtTheBeginning() throws Exception {
        open();
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        handshake();
        if (way.hasTlsAtBoth()) {
            client.peer().halfClose();
        } else {
            client.peer().reset();
        }
        expectCut(moved, 0);
    }

    /** What is written next comes next: there was no close_notify. */
    private void expectCut(Future<Long> moved, long position) throws Exception {
        expectFailed(moved);
        sink.writeAndFlush(Unpooled.wrappedBuffer(pattern.bytes(position, REST)));
        server.receive(pattern, position, position + REST);
        RelayHandler.reset(sink);
        assertEquals(new Received(position + REST, End.RESET), receiveToEnd(position + REST));
    }

    @Test
    void shouldFailWhereItsSinkIsReset() throws Exception {
        open();
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        handshake();
        carry(0, BYTES);
        server.peer().reset();
        expectFailed(moved);
    }
}
