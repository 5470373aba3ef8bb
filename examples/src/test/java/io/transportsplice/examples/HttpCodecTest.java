// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpCodecTest {
    private static final String GET = "GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n";

    /** Empty lines before a request are of no request: RFC 9112, section 2.2. */
    @ParameterizedTest
    @CsvSource({
        "'" + GET + "', false",
        "'" + GET + "\\r\\n', false",
        "'" + GET + "|\\r\\n', false",
        "'" + GET + "\\r|\\n\\r\\n', false",
        "'\\r\\n', false",
        "'\\r\\n|\\r\\n', false",
        "'G', true",
        "'\\r\\nG', true",
        "'\\r\\n|G', true",
        "'" + GET + "\\r\\nG', true",
        "'" + GET + "G|ET / HTTP/1.1\\r\\n', true",
        "'" + GET + "GET / HTTP/1.1\\r\\nHost: x\\r\\n|\\r\\n', false",
    })
    void shouldKnowWhetherAHeadHasBegun(String pieces, boolean hasPart) {
        HttpCodec.RequestDecoder decoder = new HttpCodec.RequestDecoder(() -> false);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        for (String piece : pieces.replace("\\r", "\r").replace("\\n", "\n").split("\\|", -1)) {
            channel.writeInbound(Unpooled.copiedBuffer(piece, StandardCharsets.US_ASCII));
        }
        assertEquals(hasPart, decoder.hasPartOfHead());
        channel.finish();
        boolean isComplete = channel.inboundMessages().stream()
                .allMatch(each -> ((HttpObject) each).decoderResult().isSuccess());
        assertEquals(!hasPart, isComplete);
        channel.releaseInbound();
    }
}
