// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.Tls;
import io.transportsplice.testing.TlsPeer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A source that speaks TLS: what it decodes is transferred, and its end is the end of TLS. */
@ExtendWith(Baseline.class)
@Timeout(60)
class SpliceToTlsTest {
    private static final int SOME = 50_000;
    /** Is read at once. */
    private static final int SMALL = 500;

    private final Rig rig = new Rig(Mode.PLAIN).configure(c -> c.relay(SpliceToTest.Rest::new, (front, back) -> {}));
    private Link link;
    private Channel source;
    private Channel sink;
    private TlsPeer client;

    private void open(Tls tls, boolean fromTheStart) throws Exception {
        rig.configure(c -> c.pipeline((side, pipeline) -> {
            if (fromTheStart) {
                tls.addTo(side, pipeline);
            }
        }));
        link = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair pair = rig.relay().lastPair();
        source = pair.front();
        sink = pair.back();
        client = tls.peerOf(Side.FRONT, link.source());
    }

    @AfterEach
    void close() throws Exception {
        source.close().sync();
        sink.close().sync();
        rig.close();
    }

    private static long await(Future<Long> moved) throws Exception {
        return moved.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    /** Without TCP's. */
    @ParameterizedTest
    @EnumSource(names = {"FRONT", "FRONT_12"})
    void shouldEndWithTls(Tls tls) throws Exception {
        open(tls, true);
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        client.handshake();
        client.send(link.forward(), 0, SOME);
        client.closeNotify();
        assertEquals(SOME, await(moved));
        link.sink().receive(link.forward(), 0, SOME);
    }

    /** Whoever has ended TCP may be no peer. */
    @ParameterizedTest
    @EnumSource(names = {"FRONT", "FRONT_12"})
    void shouldFailWhereTcpEndsWithoutTls(Tls tls) throws Exception {
        open(tls, true);
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        client.handshake();
        client.send(link.forward(), 0, SOME);
        link.source().halfClose();
        ExecutionException e = assertThrows(ExecutionException.class, () -> await(moved));
        assertInstanceOf(SSLException.class, e.getCause());
        link.sink().receive(link.forward(), 0, SOME);
    }

    /** The other direction has ended before: what OpenSSL then says of the next record is no end. */
    @ParameterizedTest
    @CsvSource({"FRONT, true", "FRONT, false", "FRONT_OPENSSL, true", "FRONT_OPENSSL, false"})
    void shouldEndWithTlsThoughItsOwnOutputHasEnded(Tls tls, boolean isWhole) throws Exception {
        open(tls, true);
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        Future<Long> moved = EpollSplice.spliceTo(source, sink);
        client.handshake();
        source.pipeline().get(SslHandler.class).closeOutbound().sync();
        client.send(link.forward(), 0, SOME);
        if (isWhole) {
            client.closeNotify();
            assertEquals(SOME, await(moved));
            link.sink().receive(link.forward(), 0, SOME);
        } else {
            link.source().halfClose();
            ExecutionException e = assertThrows(ExecutionException.class, () -> await(moved));
            assertInstanceOf(SSLException.class, e.getCause());
        }
    }

    /** One byte is held, and the end has come. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldEndWithWhatWasHeldThoughTheEndCameBefore(boolean isWhole) throws Exception {
        open(Tls.FRONT, true);
        source.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        Future<Long> first = EpollSplice.spliceTo(source, sink, 2 * SMALL - 1);
        client.handshake();
        client.send(link.forward(), 0, SMALL);
        link.sink().receive(link.forward(), 0, SMALL);
        LoopHold.whileHeld(
                source.eventLoop(),
                () -> { // so that one read brings all
                    client.send(link.forward(), SMALL, 2 * SMALL);
                    if (isWhole) {
                        client.closeNotify();
                    } else {
                        link.source().halfClose();
                    }
                });
        assertEquals(2 * SMALL - 1, await(first));
        if (isWhole) {
            SslHandler tls = source.pipeline().get(SslHandler.class);
            Await.until("TLS has ended", () -> tls.sslCloseFuture().isDone());
        } else {
            Await.until("TCP has ended", () -> ((DuplexChannel) source).isInputShutdown());
        }
        Future<Long> rest = EpollSplice.spliceTo(source, sink);
        if (isWhole) {
            assertEquals(1, await(rest));
        } else {
            ExecutionException e = assertThrows(ExecutionException.class, () -> await(rest));
            assertInstanceOf(SSLException.class, e.getCause());
        }
        link.sink().receive(link.forward(), SMALL, isWhole ? 2 * SMALL : 2 * SMALL - 1);
    }

    @Test
    void shouldEndAtOnceWhereTlsHasEnded() throws Exception {
        open(Tls.FRONT, true);
        Future<Long> first = EpollSplice.spliceTo(source, sink, SMALL);
        client.handshake();
        client.send(link.forward(), 0, SMALL);
        assertEquals(SMALL, await(first));
        client.closeNotify();
        source.read();
        SslHandler tls = source.pipeline().get(SslHandler.class);
        Await.until("TLS has ended", () -> tls.sslCloseFuture().isDone());
        assertEquals(0, await(EpollSplice.spliceTo(source, sink)));
    }

    /** The transfer before has read TLS's first bytes, too: they are TLS's, wherever that stands by then. */
    @Test
    void shouldShowTlsWhatWasHeld() throws Exception {
        open(Tls.FRONT, false);
        EpollSpliceHandler handler = new EpollSpliceHandler();
        source.pipeline().addFirst(handler);
        CompletableFuture<Future<Long>> decoded = new CompletableFuture<>();
        Future<Long> plain = EpollSplice.spliceTo(source, sink, SMALL);
        plain.addListener(done -> {
            String splice = source.pipeline().context(handler).name();
            source.pipeline().addAfter(splice, null, Tls.FRONT.handler(Side.FRONT));
            decoded.complete(EpollSplice.spliceTo(source, sink));
        });
        Await.until("it has begun", () -> TransferFixture.isTaken(source));
        java.util.concurrent.Future<?>[] greeted = {null};
        LoopHold.whileHeld(source.eventLoop(), () -> {
            link.source().send(link.forward(), 0, SMALL, SMALL);
            greeted[0] = rig.async(client::handshake);
            int fd = ((UnixChannel) source).fd().intValue();
            Await.until("TLS has begun", () -> Availability.LIBC.unread(fd) > SMALL);
        });
        Rig.await(greeted[0]);
        client.send(link.forward(), SMALL, SOME);
        client.closeNotify();
        assertEquals(SOME - SMALL, await(decoded.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS)));
        link.sink().receive(link.forward(), 0, SOME);
    }

    /** What an earlier transfer has left then stands in front of TLS, and has a read outstanding. */
    @Test
    void shouldTransferWhatTlsDecodesThoughItCameLater() throws Exception {
        open(Tls.FRONT, false);
        Future<Long> plain = EpollSplice.spliceTo(source, sink);
        link.carry(0, SOME, SOME);
        plain.cancel(false);
        source.eventLoop()
                .submit(() -> source.pipeline()
                        .addBefore(
                                source.pipeline()
                                        .context(SpliceToTest.Rest.class)
                                        .name(),
                                null,
                                Tls.FRONT.handler(Side.FRONT)))
                .sync();
        Future<Long> decoded = EpollSplice.spliceTo(source, sink);
        client.handshake();
        client.send(link.forward(), SOME, 2 * SOME);
        client.closeNotify();
        assertEquals(SOME, await(decoded));
        link.sink().receive(link.forward(), SOME, 2 * SOME);
    }
}
