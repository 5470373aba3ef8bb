// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.internal.SystemPropertyUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether splicing works here, and by what: tried once, when this class is first used. Any thread. */
final class Availability {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(Availability.class);

    private static final Pattern SOFT_LIMIT = Pattern.compile("Max open files +(\\d+) "); // or unlimited
    /** The last quarter is for sockets, which cannot do with less: without a pipe bytes are copied. */
    private static final int MOST_DESCRIPTORS = fileLimit() / 4 * 3;

    /** By the user's wish. */
    static final boolean DISABLED = SystemPropertyUtil.getBoolean("io.transportsplice.noSplice", false);
    /** Null where it does not. */
    static final LibC LIBC;
    /** The name of what makes the system calls; null where it does not work. */
    static final String KERNEL;
    /** Null where it works. */
    static final Throwable CAUSE;

    static {
        KernelAccess.Opened opened = null;
        Throwable cause = null;
        try {
            opened = probe();
            logger.debug("Splicing by {}", opened);
        } catch (Throwable e) { // errors of native loading too: they are the answer to the question asked
            cause = e;
            logger.debug("Splicing is unavailable", e);
        }
        LIBC = opened == null ? null : new LibC(opened.kernel(), MOST_DESCRIPTORS);
        KERNEL = opened == null ? null : opened.access().toString();
        CAUSE = cause;
    }

    private Availability() {}

    /**
     * Below which number descriptors are ({@code RLIMIT_NOFILE}), as proc(5) tells: the kernel gives the lowest that is free.
     * At the start: later changes are not noticed.
     */
    static int fileLimit() {
        try {
            return softLimit(Files.readAllLines(Path.of("/proc/self/limits")));
        } catch (IOException | RuntimeException e) {
            logger.debug("RLIMIT_NOFILE is not known", e);
            return Integer.MAX_VALUE;
        }
    }

    static int softLimit(List<String> limits) {
        for (String line : limits) {
            Matcher soft = SOFT_LIMIT.matcher(line);
            if (soft.lookingAt()) {
                return (int) Math.min(Long.parseLong(soft.group(1)), Integer.MAX_VALUE);
            }
        }
        return Integer.MAX_VALUE;
    }

    private static KernelAccess.Opened probe() throws IOException {
        if (DISABLED) {
            throw new UnsupportedOperationException("disabled by -Dio.transportsplice.noSplice=true");
        }
        Epoll.ensureAvailability();
        ensureNetty42();
        KernelAccess.Opened opened = KernelAccess.openWanted();
        spliceOneByte(new LibC(opened.kernel()));
        return opened;
    }

    /** By its own classes: with an older Netty this one loads all the same, to say so. */
    private static void ensureNetty42() {
        try {
            logger.trace("{} and {}", IoEventLoop.class, EpollIoHandler.class);
        } catch (NoClassDefFoundError e) {
            throw new UnsupportedOperationException("Netty 4.2 is needed, and there is an older one", e);
        }
    }

    static void spliceOneByte(LibC libc) throws IOException {
        int[] from = openPipe(libc);
        try {
            int[] to = openPipe(libc);
            try {
                ByteBuffer one = ByteBuffer.allocateDirect(1);
                new FileDescriptor(from[1]).write(one, 0, 1);
                check("splice", 1, libc.splice(from[0], to[1], 1));
                check("read", 1, libc.read(to[0], one));
            } finally {
                close(libc, to);
            }
        } finally {
            close(libc, from);
        }
    }

    private static int[] openPipe(LibC libc) throws IOException {
        int[] ends = new int[2];
        check("pipe2", 0, libc.pipe(ends)); // after a failure anything may stand there
        return ends;
    }

    private static void close(LibC libc, int[] ends) {
        libc.close(ends[0]);
        libc.close(ends[1]);
    }

    private static void check(String call, long expected, long result) throws IOException {
        if (result != expected) {
            throw LibC.newIOException(call, (int) -result);
        }
    }
}
