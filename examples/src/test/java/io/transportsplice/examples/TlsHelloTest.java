// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsHelloTest {
    private static final int RECORD_AND_MESSAGE = 5 + 4;

    private static ByteBuf hello(String... protocols) throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        engine.setSSLParameters(parameters);
        ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), record);
        return Unpooled.wrappedBuffer(record.flip()).skipBytes(RECORD_AND_MESSAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "h2", "h2,http/1.1", "x\u00ff,http/1.1,h2"})
    void shouldTellTheProtocolsThatAClientOffersInItsOrder(String offered) throws Exception {
        String[] names = offered.isEmpty() ? new String[0] : offered.split(",");
        assertEquals(List.of(names), TlsHello.protocols(hello(names)));
    }

    @Test
    void shouldTellOfNoneWithoutExtensions() {
        ByteBuf old = Unpooled.buffer()
                .writeZero(2 + 32 + 1)
                .writeShort(2)
                .writeShort(0x2f)
                .writeShort(0x0100);
        assertEquals(List.of(), TlsHello.protocols(old));
    }

    /** Java's TLS would take such a name for a mistake of its caller's. */
    @Test
    void shouldComplainOfAProtocolWithoutAName() throws Exception {
        ByteBuf hello = hello("x");
        int length = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(new byte[] {0, 16, 0, 4, 0, 2, 1, 'x'}), hello);
        hello.setByte(length + 6, 0);
        assertThrows(IndexOutOfBoundsException.class, () -> TlsHello.protocols(hello));
    }

    /** Wherever it is cut, and whatever a length says. */
    @Test
    void shouldComplainOfAHelloThatEndsTooEarly() throws Exception {
        ByteBuf whole = hello("http/1.1");
        for (int length = 0; length < whole.readableBytes(); length++) {
            ByteBuf cut = whole.copy(whole.readerIndex(), length);
            if (length != endOfCompressionMethods(whole)) {
                assertThrows(IndexOutOfBoundsException.class, () -> TlsHello.protocols(cut), "of " + length);
            }
        }
    }

    private static int endOfCompressionMethods(ByteBuf hello) {
        int session = 2 + 32;
        int suites = session + 1 + hello.getUnsignedByte(hello.readerIndex() + session);
        return suites + 2 + hello.getUnsignedShort(hello.readerIndex() + suites) + 2;
    }
}
