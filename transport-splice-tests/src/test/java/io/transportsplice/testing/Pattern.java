// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The bytes of one stream: they depend on the stream's id and on the position, so that a byte which is lost, repeated,
 * moved or taken from another stream shows. Each aligned group of 8 bytes is {@code (id, position / 8)} put through an
 * invertible mix, which makes it fast, and lets {@link #originOf} tell where bytes that are wrong here really belong.
 */
public final class Pattern {
    /** Ids take what is left of 64 bits. */
    public static final int MAX_ID = (1 << 23) - 1;

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int INDEX_BITS = 40;
    private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;
    private static final long SALT = 0x9e3779b97f4a7c15L;
    private static final int WORD = Long.BYTES;

    /** Where in which stream some bytes belong. */
    public record Origin(int id, long position) {}

    private final int id;

    public Pattern(int id) {
        if (id < 0 || id > MAX_ID) {
            throw new IllegalArgumentException("id: " + id);
        }
        this.id = id;
    }

    public int id() {
        return id;
    }

    public void fill(byte[] target, long position) {
        fill(target, 0, target.length, position);
    }

    public void fill(byte[] target, int offset, int length, long position) {
        int i = 0;
        while (i < length && (position + i) % WORD != 0) {
            target[offset + i] = at(position + i);
            i++;
        }
        for (; i <= length - WORD; i += WORD) {
            WORDS.set(target, offset + i, word((position + i) / WORD));
        }
        for (; i < length; i++) {
            target[offset + i] = at(position + i);
        }
    }

    public byte[] bytes(long position, int length) {
        byte[] bytes = new byte[length];
        fill(bytes, position);
        return bytes;
    }

    /** The position in the stream of the first wrong byte, or -1 when all are right. */
    public long firstMismatch(byte[] actual, int offset, int length, long position) {
        int i = 0;
        while (i < length) {
            boolean wholeWord = (position + i) % WORD == 0 && i <= length - WORD;
            if (wholeWord && (long) WORDS.get(actual, offset + i) == word((position + i) / WORD)) {
                i += WORD;
            } else if (actual[offset + i] == at(position + i)) {
                i++;
            } else {
                return position + i;
            }
        }
        return -1;
    }

    /** Throws an {@link AssertionError} that names the first wrong position and where those bytes come from. */
    public void verify(byte[] actual, int offset, int length, long position) {
        long wrong = firstMismatch(actual, offset, length, position);
        if (wrong >= 0) {
            int at = offset + (int) (wrong - position);
            String origin = originOf(actual, at, offset + length - at)
                    .map(o -> "position " + o.position() + " of stream " + o.id())
                    .orElse("unknown");
            throw new AssertionError("stream " + id + ": wrong byte at position " + wrong + ", expected " + at(wrong)
                    + " but was " + actual[at] + "; origin of the bytes from there on: " + origin);
        }
    }

    /** Which stream the bytes belong to, told by two whole groups in sequence; 23 bytes are enough to find two. */
    public static Optional<Origin> originOf(byte[] actual, int offset, int length) {
        for (int skip = 0; skip < WORD && skip + 2 * WORD <= length; skip++) {
            long first = unmix((long) WORDS.get(actual, offset + skip));
            long second = unmix((long) WORDS.get(actual, offset + skip + WORD));
            if (second == first + 1 && first >= 0) {
                long position = (first & INDEX_MASK) * WORD - skip;
                return Optional.of(new Origin((int) (first >>> INDEX_BITS), position));
            }
        }
        return Optional.empty();
    }

    private byte at(long position) {
        return (byte) (word(position / WORD) >>> ((position % WORD) * Byte.SIZE));
    }

    private long word(long index) {
        return mix((long) id << INDEX_BITS | index);
    }

    /** MurmurHash3's finalizer: a bijection of 64 bits. */
    private static long mix(long x) {
        x ^= SALT;
        x = (x ^ x >>> 33) * 0xff51afd7ed558ccdL;
        x = (x ^ x >>> 33) * 0xc4ceb9fe1a85ec53L;
        return x ^ x >>> 33;
    }

    private static long unmix(long x) {
        x = (x ^ x >>> 33) * 0x9cb4b2f8129337dbL;
        x = (x ^ x >>> 33) * 0x4f74430c22a54005L;
        return x ^ x >>> 33 ^ SALT;
    }
}
