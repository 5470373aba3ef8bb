// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** How many file descriptors of each kind a process holds. One pipe counts twice: it has two ends. */
public record FdCensus(int pipes, int sockets, int eventPolls, int other) {
    private static final Path FDS = Path.of("/proc/self/fd");
    private static final long O_CLOEXEC = 02000000;

    /** Of this process. */
    public static FdCensus take() {
        return take(FDS);
    }

    /** Of another process, which this one must be allowed to look into. */
    public static FdCensus of(long pid) {
        return take(Path.of("/proc", Long.toString(pid), "fd"));
    }

    private static FdCensus take(Path directory) {
        int[] counts = new int[4];
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(directory)) {
            for (Path fd : fds) {
                int kind = kindOf(fd);
                if (kind >= 0) {
                    counts[kind]++;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new FdCensus(counts[0], counts[1], counts[2], counts[3]);
    }

    /** How many pipe ends a child process would inherit. */
    public static int inheritablePipes() {
        int count = 0;
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(FDS)) {
            for (Path fd : fds) {
                if (kindOf(fd) == 0 && !isClosedOnExec(fd)) {
                    count++;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return count;
    }

    private static boolean isClosedOnExec(Path fd) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo").resolve(fd.getFileName()))) {
            if (line.startsWith("flags:")) {
                return (Long.parseLong(line.substring("flags:".length()).trim(), 8) & O_CLOEXEC) != 0;
            }
        }
        return false;
    }

    /** What this process's descriptors are, by number. */
    public static SortedMap<Integer, String> targets() throws IOException {
        SortedMap<Integer, String> targets = new TreeMap<>();
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(FDS)) {
            for (Path fd : fds) {
                targetOf(fd)
                        .ifPresent(target ->
                                targets.put(Integer.valueOf(fd.getFileName().toString()), target));
            }
        }
        return targets;
    }

    /** Empty if it was closed since the directory was listed, or is the listing's own. */
    private static Optional<String> targetOf(Path fd) throws IOException {
        try {
            return Optional.of(Files.readSymbolicLink(fd).toString());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static int kindOf(Path fd) throws IOException {
        String target = targetOf(fd).orElse(null);
        if (target == null) {
            return -1;
        } else if (target.startsWith("pipe:")) {
            return 0;
        } else if (target.startsWith("socket:")) {
            return 1;
        }
        return target.contains("[eventpoll]") ? 2 : 3;
    }
}
