// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The checksum that a PROXY header of version 2 may carry in a TLV: section 2.2.3 of the protocol's document. */
final class ProxyChecksum {
    private static final int TYPE = 3;
    private static final int COMMAND_OFFSET = 12;
    private static final int FIXED = 16;
    /** Of type and length. */
    private static final int TLV_HEAD = 3;
    /** What the addresses of each family take: none that are known, IPv4, IPv6 and unix. */
    private static final int[] ADDRESSES = {0, 12, 36, 216};

    private ProxyChecksum() {}

    /**
     * Whether it is right, or there is none.
     *
     * @param header a whole one, which Netty's decoder has found well formed; empty for one of version 1
     */
    static boolean isRight(byte[] header) {
        boolean isProxy = header.length >= FIXED && (header[COMMAND_OFFSET] & 0xf) == 1;
        int family = isProxy ? header[COMMAND_OFFSET + 1] >> 4 : 0;
        if (family < 1 || family >= ADDRESSES.length) {
            return true; // nobody knows where TLVs would begin
        }
        ByteBuffer bytes = ByteBuffer.wrap(header.clone());
        int at = FIXED + ADDRESSES[family];
        while (at + TLV_HEAD <= header.length) {
            int length = Short.toUnsignedInt(bytes.getShort(at + 1));
            if (header[at] == TYPE) {
                return length == Integer.BYTES && isRight(bytes, at + TLV_HEAD);
            }
            at += TLV_HEAD + length;
        }
        return true;
    }

    private static boolean isRight(ByteBuffer header, int at) {
        int told = header.getInt(at);
        CRC32C crc = new CRC32C();
        crc.update(header.putInt(at, 0));
        return (int) crc.getValue() == told;
    }
}
