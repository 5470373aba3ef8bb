// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Bodies of HTTP by hand, so that it is the soak that cuts them, and no client or server that knows better. */
final class SoakBody {
    private static final Pattern LENGTH = Pattern.compile("\r\ncontent-length: (\\d+)\r\n");
    private static final String CHUNKED = "\r\ntransfer-encoding: chunked\r\n";

    private SoakBody() {}

    /** What a head has to say of its body. */
    static String framing(long length, boolean chunked) {
        return chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: " + length + "\r\n";
    }

    /** Ends early, as the connection does, if that ends within the body. */
    static final class In extends InputStream {
        private final Socket socket;
        /** {@code null} if it has not come yet. */
        private String head;

        private boolean begun;
        private boolean ended;
        private boolean chunked;
        /** Of the body, or of the chunk. */
        private long left;

        /** @param head {@code null} if it is an answer's, which comes first */
        In(Socket socket, String head) {
            this.socket = socket;
            this.head = head;
        }

        private void begin() throws IOException {
            begun = true;
            if (head == null) {
                head = WireServer.head(socket);
                if (!head.isEmpty() && !head.startsWith("HTTP/1.1 200 ")) {
                    throw new IOException(head.lines().findFirst().orElse(head));
                }
            }
            String fields = head.toLowerCase(Locale.ROOT);
            chunked = fields.contains(CHUNKED);
            Matcher length = LENGTH.matcher(fields);
            if (length.find()) {
                left = Long.parseLong(length.group(1));
            } else if (chunked) {
                nextChunk();
            }
        }

        private void nextChunk() throws IOException {
            String size = line();
            left = size.isEmpty() ? 0 : Long.parseLong(size, 16);
            if (left == 0) {
                ended = true;
                line(); // behind the trailers, of which there are none
            }
        }

        private String line() throws IOException {
            return WireServer.until(socket, "\r\n").strip();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (!begun) {
                begin();
            }
            if (ended || left == 0) {
                return -1;
            }
            int count = socket.getInputStream().read(bytes, offset, (int) Math.min(length, left));
            if (count < 0) {
                ended = true;
                return -1;
            }
            left -= count;
            if (left == 0 && chunked) {
                line(); // what ends a chunk
                nextChunk();
            }
            return count;
        }
    }

    static final class Out extends OutputStream {
        private final OutputStream out;
        private final boolean chunked;
        /** Goes before the body; {@code null} once it is gone. */
        private String head;

        Out(OutputStream out, String head, boolean chunked) {
            this.out = out;
            this.head = head;
            this.chunked = chunked;
        }

        /** Sends the head, if it has not gone yet. */
        void begin() throws IOException {
            if (head != null) {
                say(head);
                head = null;
            }
        }

        private void say(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            begin();
            if (chunked) {
                say(Integer.toHexString(length) + "\r\n");
            }
            out.write(bytes, offset, length);
            if (chunked) {
                say("\r\n");
            }
        }

        void end() throws IOException {
            begin();
            if (chunked) {
                say("0\r\n\r\n");
            }
        }
    }
}
