// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a ClientHello says, as {@link io.netty.handler.ssl.SslClientHelloHandler} hands it over: RFC 8446, section 4.1.2. */
final class TlsHello {
    private static final int VERSION_AND_RANDOM = 2 + 32;
    private static final int ALPN = 16;

    private TlsHello() {}

    /** A client may send none (RFC 5246, section 7.4.1.2). */
    static boolean hasExtensions(ByteBuf hello) {
        return extensionsAt(hello) != hello.writerIndex();
    }

    private static int extensionsAt(ByteBuf hello) {
        int at = hello.readerIndex() + VERSION_AND_RANDOM;
        at += 1 + hello.getUnsignedByte(at); // session
        at += 2 + hello.getUnsignedShort(at); // cipher suites
        return at + 1 + hello.getUnsignedByte(at); // compression methods
    }

    /**
     * The application protocols that the client speaks, best first: RFC 7301, section 3.1.
     *
     * @throws IndexOutOfBoundsException if the hello is not well made
     */
    static List<String> protocols(ByteBuf hello) {
        if (!hasExtensions(hello)) {
            return List.of();
        }
        ByteBuf all = hello.duplicate().readerIndex(extensionsAt(hello));
        ByteBuf extensions = all.readSlice(all.readUnsignedShort());
        while (extensions.isReadable()) {
            int type = extensions.readUnsignedShort();
            ByteBuf extension = extensions.readSlice(extensions.readUnsignedShort());
            if (type == ALPN) {
                return names(extension.readSlice(extension.readUnsignedShort()));
            }
        }
        return List.of();
    }

    private static List<String> names(ByteBuf list) {
        List<String> names = new ArrayList<>();
        while (list.isReadable()) {
            if (list.getUnsignedByte(list.readerIndex()) == 0) {
                throw new IndexOutOfBoundsException("a protocol without a name");
            }
            names.add(list.readCharSequence(list.readUnsignedByte(), StandardCharsets.ISO_8859_1)
                    .toString());
        }
        return names;
    }
}
