// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** One end of a connection of the soak: does its part of the plan, and checks each byte of the other's. */
final class SoakEnd {
    private static final int SLOW_PIECE = 2 * 1024;
    private static final int SLOW_READS = 200;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long PATIENCE_SECONDS = 30;

    private final SoakPlan plan;
    private final boolean isClient;
    private final SoakWire wire;
    private final SoakTally tally;
    private final ExecutorService threads;

    SoakEnd(SoakPlan plan, boolean isClient, SoakWire wire, SoakTally tally, ExecutorService threads) {
        this.plan = plan;
        this.isClient = isClient;
        this.wire = wire;
        this.tally = tally;
        this.threads = threads;
    }

    private static final class WrongBytesException extends RuntimeException {
        private static final long serialVersionUID = 1;

        WrongBytesException(long at) {
            super("wrong from byte " + at + " on");
        }
    }

    /** Does not throw; the wire is for the caller to close. */
    SoakVerdict play() {
        try {
            if (!plan.isReset()) {
                return whole();
            }
            return plan.isLedBy(isClient) ? reset() : beReset();
        } catch (WrongBytesException e) {
            return fault(SoakVerdict.WRONG, e);
        } catch (SocketTimeoutException e) {
            return fault(SoakVerdict.HUNG, e);
        } catch (IOException e) {
            return fault(SoakVerdict.LOST, e);
        }
    }

    private SoakVerdict fault(SoakVerdict verdict, Exception why) {
        tally.explain(verdict + " at the " + (isClient ? "client" : "server") + " of " + plan + ": " + why);
        return verdict;
    }

    private SoakVerdict whole() throws IOException {
        switch (plan.course()) {
            case CLIENT_FIRST, SERVER_FIRST -> {
                if (plan.isLedBy(isClient)) {
                    sendAll();
                    receiveAll();
                } else {
                    receiveAll();
                    sendAll();
                }
            }
            default -> {
                Future<?> sending = threads.submit(this::sendAll);
                receiveAll();
                await(sending);
            }
        }
        return SoakVerdict.OK;
    }

    private SoakVerdict reset() throws IOException {
        send(plan.sent());
        long received = receive(plan.received());
        if (received < plan.received()) {
            throw new EOFException("after " + received);
        }
        wire.reset();
        return SoakVerdict.RESET;
    }

    private SoakVerdict beReset() throws IOException {
        Future<?> sending = threads.submit(this::sendAll);
        try {
            receive(Long.MAX_VALUE);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return SoakVerdict.RESET;
        }
        try { // a socket tells its error once, and it may have been told to who sends
            await(sending);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return SoakVerdict.RESET;
        }
        throw new EOFException("an end instead of a reset");
    }

    private Void sendAll() throws IOException {
        send(plan.length(isClient));
        if (!plan.isReset()
                || !wire.isTls()) { // the JDK's close_notify swallows an error, which a socket tells but once
            wire.end();
        }
        return null;
    }

    private static void await(Future<?> sending) throws IOException {
        try {
            sending.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new SocketTimeoutException("still sends");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void send(long count) throws IOException {
        DemoPattern pattern = new DemoPattern(plan.pattern(isClient));
        byte[] bytes = new byte[DemoPattern.BLOCK_SIZE];
        for (long sent = 0; sent < count; sent += bytes.length) {
            int length = (int) Math.min(bytes.length, count - sent);
            pattern.block(sent / bytes.length).get(bytes, 0, length);
            wire.out().write(bytes, 0, length);
        }
    }

    private void receiveAll() throws IOException {
        long received = receive(Long.MAX_VALUE);
        if (received < plan.length(!isClient)) {
            throw new EOFException("after " + received);
        }
    }

    /** Up to so many bytes, or the end. */
    private long receive(long most) throws IOException {
        DemoPattern pattern = new DemoPattern(plan.pattern(!isClient));
        byte[] bytes = new byte[plan.isSlow(isClient) ? SLOW_PIECE : DemoPattern.BLOCK_SIZE];
        long received = 0;
        for (int reads = 0; received < most; reads++) {
            int count = wire.in().read(bytes, 0, (int) Math.min(bytes.length, most - received));
            if (count < 0) {
                break;
            }
            int matching = pattern.matching(received, ByteBuffer.wrap(bytes).position(count));
            long right = Math.min(received + matching, plan.length(!isClient));
            received += count;
            if (right < received) {
                throw new WrongBytesException(right);
            }
            tally.received(count);
            if (plan.isSlow(isClient) && reads < SLOW_READS) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        return received;
    }
}
