// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsServerTest {
    private static final class Silent extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            // it is time enough that counts
        }
    }

    /** Sixty-four who send a byte now and then would keep all others out. */
    @ParameterizedTest
    @CsvSource({"'\r\n', 2", "'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 6"})
    void shouldCloseWhoAsksNothingForAMinute(String said, int times) {
        EmbeddedChannel client = new EmbeddedChannel(MetricsServer.handlers(new Silent()));
        int count = 0;
        while (client.isOpen() && count < 6) {
            client.writeInbound(Unpooled.copiedBuffer(said, StandardCharsets.US_ASCII));
            client.advanceTimeBy(40, TimeUnit.SECONDS);
            client.runScheduledPendingTasks();
            count++;
        }
        assertEquals(times, count);
        client.advanceTimeBy(40, TimeUnit.SECONDS);
        client.runScheduledPendingTasks();
        assertTrue(!client.isOpen());
        client.releaseInbound();
    }
}
