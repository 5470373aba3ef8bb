// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;

/**
 * Where lines go: a file, which may be replaced by another of its name, or stdout. What cannot be written is counted, and told
 * when it begins; each further line is another try. Logback's own appenders are silent about both. Of one thread, but for what
 * is asked and for reopening.
 */
final class AccessLogFile extends AppenderBase<ILoggingEvent> {
    /** Opens what is written to, and says why if it cannot. */
    interface Opener {
        OutputStream open() throws IOException;
    }

    private static final Complaint FAILED = new Complaint("cannot write the access log");

    private final Opener opener;
    private final LongAdder failures = new LongAdder();
    /** {@code null} if it has to be opened for the next line. */
    private OutputStream out;

    private volatile boolean isOld;
    private boolean failing;

    private AccessLogFile(Opener opener, OutputStream out) {
        this.opener = opener;
        this.out = out;
    }

    /** @throws IOException if it cannot be opened now */
    static AccessLogFile open(Opener opener) throws IOException {
        return new AccessLogFile(opener, opener.open());
    }

    static AccessLogFile open(Path path) throws IOException {
        return open(() -> append(path));
    }

    static AccessLogFile stdout() throws IOException {
        return open(() -> new FileOutputStream(FileDescriptor.out) {
            @Override
            public void close() {
                // it is not ours alone
            }
        });
    }

    /** A stream of files, not of channels: those are closed when the thread that writes is interrupted. */
    private static OutputStream append(Path path) throws IOException {
        FileOutputStream out = new FileOutputStream(path.toFile(), true);
        try {
            if (endsWithinALine(path)) {
                out.write('\n');
            }
            return out;
        } catch (IOException e) {
            out.close();
            throw e;
        }
    }

    /** As a full disk, or a crash, leaves a file. */
    private static boolean endsWithinALine(Path path) throws IOException {
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            return false;
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            if (file.length() == 0) {
                return false;
            }
            file.seek(file.length() - 1);
            return file.read() != '\n';
        }
    }

    /** Lines that could not be written so far. */
    long failures() {
        return failures.sum();
    }

    /** Lines that are not written yet go to whatever has the file's name when the next of them is. Waits for nothing. */
    void reopen() {
        isOld = true;
    }

    @Override
    protected void append(ILoggingEvent line) {
        try {
            write(line.getFormattedMessage() + '\n');
            failing = false;
        } catch (IOException e) {
            failures.increment();
            closeOut(); // there may be a part of a line in it
            complain(e);
        }
    }

    private void write(String line) throws IOException {
        if (isOld) {
            isOld = false;
            closeOut();
        }
        if (out == null) {
            out = opener.open();
        }
        out.write(line.getBytes(StandardCharsets.UTF_8));
    }

    private void complain(IOException e) {
        if (!failing) {
            failing = true;
            FAILED.about(e);
        }
    }

    private void closeOut() {
        if (out == null) {
            return;
        }
        try {
            out.close();
        } catch (IOException e) {
            complain(e); // as NFS may tell that an earlier line is lost
        }
        out = null;
    }

    @Override
    public void stop() {
        super.stop();
        closeOut();
    }
}
