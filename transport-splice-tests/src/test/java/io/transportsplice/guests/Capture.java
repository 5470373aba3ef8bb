// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What a PcapWriteHandler has written of TCP over IPv4: see "PCAP Capture File Format" of the IETF, and RFC 9293. */
final class Capture {
    private static final int FILE_HEADER = 24;
    /** Two timestamps, the length that is there, and the length that there was. */
    private static final int LENGTH_IN_RECORD = 8;

    private static final int RECORD_HEADER = 16;
    private static final int ETHERNET_AND_IP = 14 + 20;
    private static final int TCP_HEADER = 20;

    private Capture() {}

    /** Whether these are the bytes of one of the two directions. */
    static boolean has(byte[] stream, byte[] captured) {
        Map<Short, ByteArrayOutputStream> bySourcePort = new HashMap<>();
        ByteBuffer records = ByteBuffer.wrap(captured).position(FILE_HEADER);
        while (records.hasRemaining()) {
            int length = records.getInt(records.position() + LENGTH_IN_RECORD);
            int tcp = records.position() + RECORD_HEADER + ETHERNET_AND_IP;
            int end = records.position() + RECORD_HEADER + length;
            bySourcePort
                    .computeIfAbsent(records.getShort(tcp), port -> new ByteArrayOutputStream())
                    .write(captured, tcp + TCP_HEADER, end - tcp - TCP_HEADER);
            records.position(end);
        }
        return bySourcePort.values().stream().anyMatch(bytes -> Arrays.equals(bytes.toByteArray(), stream));
    }
}
