// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Tls;
import io.transportsplice.testing.TlsPeer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS ends before there is a relay. */
@ExtendWith(Baseline.class)
@Timeout(60)
class TlsEarlyEndTest {
    /** Reads the head of the stream before there is a relay. */
    private static final class Head extends SimpleChannelInboundHandler<ByteBuf> {
        private volatile boolean ended;

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf head) {
            // it is that
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            ended |= event instanceof SslCloseCompletionEvent;
            ctx.fireUserEventTriggered(event);
        }
    }

    @ParameterizedTest
    @CsvSource({"AUTO, false", "SPLICE, true", "COPY, false", "PLAIN, false"})
    void shouldPassOnAnEndThatCameBeforeTheRelay(Mode mode, boolean wrapped) throws Exception {
        try (Rig rig = new Rig(mode)
                .configure(c -> c.wrapped(wrapped).pipeline(Tls.FRONT::addTo).relay(Head::new, (front, back) -> {}))) {
            TlsLink link = TlsLink.connect(rig, Tls.FRONT, true);
            Channel front = rig.relay().lastPair().front();
            front.read();
            link.source().handshake();
            ((TlsPeer) link.source()).closeNotify();
            Await.until("the end has come", () -> front.pipeline().get(Head.class).ended);
            front.eventLoop()
                    .submit(() ->
                            RelayHandler.join(front, rig.relay().lastPair().back()))
                    .sync();
            assertEquals(new Peer.Received(0, Peer.End.EOF), link.sink().peer().receiveToEnd(link.pattern(), 0));
            link.sink().peer().close();
            rig.relay().awaitNoChannels();
        }
    }
}
