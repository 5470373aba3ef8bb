// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The real kernel, which now and then fails a call with an errno, or moves fewer bytes than it could. The faults are drawn
 * from a seed, so a failure can be had again.
 */
final class FaultyKernel implements Kernel {
    /** In place of an errno: lets splice move fewer bytes than it could. */
    static final int SHORT = -1;

    /** In place of an errno: something is thrown. */
    static final int THROWN = -2;

    private static final int F_SETPIPE_SZ = 1031;

    private final Kernel real = KernelAccess.openWanted().kernel();
    private final Random random;
    private final Map<String, int[]> faults = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> injected = new ConcurrentHashMap<>();
    private final LongAdder questions = new LongAdder();
    private volatile double share;
    private final Set<Integer> pipeFds = ConcurrentHashMap.newKeySet();
    private int errno;
    private boolean faked;

    FaultyKernel(long seed) {
        random = new Random(seed);
    }

    /** From now on, this share of all calls goes wrong, if there are faults for them. */
    FaultyKernel share(double newShare) {
        share = newShare;
        return this;
    }

    /** The errnos that calls of this name may fail with; splice goes by the names fill and drain. */
    FaultyKernel failing(String call, int... errnos) {
        faults.put(call, errnos);
        return this;
    }

    /** The same for both. */
    FaultyKernel failingSplice(int... errnos) {
        return failing("fill", errnos).failing("drain", errnos);
    }

    long injected(String call) {
        LongAdder count = injected.get(call);
        return count == null ? 0 : count.sum();
    }

    /** How often it was asked what waits in a socket or a pipe. */
    long questions() {
        return questions.sum();
    }

    /** An errno to fail with, {@link #SHORT}, or 0. Called by the loop's thread alone. */
    private int draw(String call) {
        int[] choice = faults.get(call);
        if (choice == null || random.nextDouble() >= share) {
            return 0;
        }
        injected.computeIfAbsent(call, name -> new LongAdder()).increment();
        return choice[random.nextInt(choice.length)];
    }

    private boolean fails(int fault) {
        if (fault == THROWN) {
            throw new LinkageError("asked for by the test");
        }
        faked = fault > 0;
        errno = fault;
        return faked;
    }

    @Override
    public int pipe2(int[] fds, int flags) {
        int result = fails(draw("pipe2")) ? -1 : real.pipe2(fds, flags);
        if (result == 0) {
            pipeFds.add(fds[0]);
        }
        return result;
    }

    @Override
    public long splice(int in, int out, long length, int flags) {
        int fault = draw(pipeFds.contains(in) ? "drain" : "fill");
        if (fails(fault)) {
            return -1;
        }
        return real.splice(
                in, out, fault == SHORT ? 1 + random.nextInt((int) Math.min(length, 10_000)) : length, flags);
    }

    @Override
    public long tee(int in, int out, long length, int flags) {
        faked = false;
        return real.tee(in, out, length, flags);
    }

    @Override
    public long splice(int in, int file, long offset, long length, int flags) {
        int fault = draw("drainToFile");
        if (fails(fault)) {
            return -1;
        }
        return real.splice(in, file, offset, fault == SHORT ? 1 + random.nextInt((int) length) : length, flags);
    }

    @Override
    public long pwrite(int fd, ByteBuffer from, long length, long offset) {
        return fails(draw("pwrite")) ? -1 : real.pwrite(fd, from, length, offset);
    }

    @Override
    public long read(int fd, ByteBuffer into, long length) {
        faked = false;
        return real.read(fd, into, length);
    }

    @Override
    public int fcntl(int fd, int command, int argument) {
        int fault = command == F_SETPIPE_SZ ? draw("setPipeCapacity") : 0;
        return fails(fault) ? -1 : real.fcntl(fd, command, argument);
    }

    @Override
    public int ioctl(int fd, long request, int[] answer) {
        questions.increment();
        return fails(draw("ioctl")) ? -1 : real.ioctl(fd, request, answer);
    }

    @Override
    public int close(int fd) {
        pipeFds.remove(fd);
        return real.close(fd);
    }

    @Override
    public int errno() {
        return faked ? errno : real.errno();
    }
}
