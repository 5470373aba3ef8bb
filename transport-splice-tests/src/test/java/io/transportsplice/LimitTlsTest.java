// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.UnsupportedMessageTypeException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

class LimitTlsTest {
    private static final int MORE = 100;

    /** Tells of its end too early, as Netty does with OpenSSL's engine behind our own close_notify. */
    private static final class Hasty extends SslHandler {
        Hasty(SSLEngine engine) {
            super(engine);
        }

        @Override
        public Future<Channel> sslCloseFuture() {
            return ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);
        }
    }

    /** It is told once. */
    @Test
    void shouldEndWithTlsThoughThatWasToldBefore() throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(false);
        EpollSpliceHandler handler = new EpollSpliceHandler();
        EmbeddedChannel channel = new EmbeddedChannel(new Hasty(engine), handler);
        ChannelHandlerContext tls = channel.pipeline().context(SslHandler.class);
        Future<Long> limit = handler.limit(MORE);
        tls.fireUserEventTriggered(SslCloseCompletionEvent.SUCCESS);
        tls.fireChannelRead(Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
        tls.fireChannelReadComplete();
        assertFalse(limit.isDone());
        engine.closeInbound();
        tls.fireChannelReadComplete();
        assertTrue(limit.isSuccess());
        assertEquals(3L, limit.getNow());
        channel.finishAndReleaseAll();
    }

    @Test
    void shouldEndAtOnceWhereTlsHasEnded() throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        EpollSpliceHandler handler = new EpollSpliceHandler();
        EmbeddedChannel channel = new EmbeddedChannel(new Hasty(engine), handler);
        engine.closeInbound();
        channel.pipeline().context(SslHandler.class).fireUserEventTriggered(SslCloseCompletionEvent.SUCCESS);
        Future<Long> limit = handler.limit(MORE);
        assertTrue(limit.isSuccess());
        assertEquals(0L, limit.getNow());
        channel.finishAndReleaseAll();
    }

    /** Who takes nothing but buffers: its content is to be written there. */
    @Test
    void shouldBeRefusedByTlsBehindTheSpliceHandlerOfASink() throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        EmbeddedChannel channel = new EmbeddedChannel(new EpollSpliceHandler(), new SslHandler(engine));
        ByteBuf bytes = Unpooled.wrappedBuffer(new byte[] {1, 2, 3});
        ChannelFuture written = channel.write(new LimitedBytes(bytes));
        assertInstanceOf(UnsupportedMessageTypeException.class, written.cause());
        assertEquals(0, bytes.refCnt());
        channel.finishAndReleaseAll();
    }
}
