// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import io.transportsplice.soak.Script.Ending;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** One end of a connection: follows its script, checks every byte that comes, and judges how the connection ended. */
final class Endpoint {
    private static final int WRITES_PER_TURN = 16;

    private final Engine engine;
    private final SocketChannel channel;
    private final boolean initiator;
    private final SelectionKey key;
    private final SplittableRandom random;
    private final long madeAt;
    private final ByteBuffer headerIn = ByteBuffer.allocate(Plan.HEADER);
    private ByteBuffer headerOut = ByteBuffer.allocate(0);
    private Connection connection;
    private Script mine;
    private Script theirs;
    private Pattern output;
    private Pattern input;

    private long sent;
    private long received;
    private int chunkLeft;
    private boolean outputEnded;
    private boolean inputEnded;
    private boolean closed;
    private long writePausedUntil;
    private long readPausedUntil;

    /** Of the end that knows the plan from the start: pass the connection; of the other: null. */
    Endpoint(Engine engine, SocketChannel channel, Connection connection, long randomSeed) throws IOException {
        this.engine = engine;
        this.channel = channel;
        initiator = connection != null;
        random = new SplittableRandom(randomSeed);
        key = channel.register(engine.selector(), 0, this);
        madeAt = engine.patientNow();
        writePausedUntil = engine.now();
        readPausedUntil = engine.now();
        if (connection != null) {
            follow(connection);
        }
    }

    private void follow(Connection newConnection) throws IOException {
        connection = newConnection;
        Plan plan = connection.plan;
        mine = initiator ? plan.initiator() : plan.follower();
        theirs = initiator ? plan.follower() : plan.initiator();
        output = initiator ? plan.fromInitiator() : plan.fromFollower();
        input = initiator ? plan.fromFollower() : plan.fromInitiator();
        Engine.configure(channel, mine.bufferSize());
        if (initiator && plan.saysHeader()) {
            headerOut = plan.header(engine.seed());
        }
        if (mine.startMillis() > 0) {
            writePausedUntil = engine.now() + TimeUnit.MILLISECONDS.toNanos(mine.startMillis());
            engine.wakeAt(writePausedUntil, this);
        }
    }

    /** Something may be possible now that was not before. */
    void turn() {
        if (closed) {
            return;
        }
        try {
            if (key.isReadable() && mayRead()) {
                read();
            }
            if (!closed && wantsToWrite()) {
                write();
            }
            if (!closed) {
                updateInterest();
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    void updateInterest() {
        key.interestOps((mayRead() ? SelectionKey.OP_READ : 0) | (wantsToWrite() ? SelectionKey.OP_WRITE : 0));
    }

    private boolean mayRead() {
        return !inputEnded && engine.now() >= readPausedUntil;
    }

    private boolean wantsToWrite() {
        return mine != null
                && !outputEnded
                && engine.now() >= writePausedUntil
                && (headerOut.hasRemaining()
                        || sent < mine.limit(received, inputEnded)
                        || mine.mayEnd(sent, inputEnded));
    }

    private void write() throws IOException {
        if (headerOut.hasRemaining()) {
            channel.write(headerOut);
            if (headerOut.hasRemaining()) {
                return;
            }
            progress();
        }
        for (int i = 0; i < WRITES_PER_TURN; i++) {
            long limit = mine.limit(received, inputEnded);
            if (sent >= limit) {
                break;
            }
            if (!writeChunk(limit)) {
                return;
            }
        }
        if (mine.mayEnd(sent, inputEnded) && engine.now() >= writePausedUntil) {
            endOutput();
        }
    }

    /** False if the socket takes no more, or it is time for a pause. */
    private boolean writeChunk(long limit) throws IOException {
        if (chunkLeft == 0) {
            chunkLeft = 1 + random.nextInt(mine.maxChunk());
        }
        int length = (int) Math.min(chunkLeft, limit - sent);
        int n = channel.write(engine.filled(output, sent, length));
        if (n > 0) {
            sent += n;
            chunkLeft -= n;
            progress();
        }
        if (n < length) {
            return false;
        }
        if (random.nextInt(100) < mine.pausePercent()) {
            writePausedUntil = engine.now() + random.nextLong(TimeUnit.MILLISECONDS.toNanos(3)) + 1;
            engine.wakeAt(writePausedUntil, this);
            return false;
        }
        return true;
    }

    private void endOutput() throws IOException {
        outputEnded = true;
        if (mine.ending() == Ending.HALF_CLOSE) {
            channel.shutdownOutput();
            finishIfDone();
        } else {
            if (mine.ending() == Ending.RESET) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            finish(Verdict.OK, "");
        }
    }

    @SuppressWarnings("ByteBufferBackingArray") // the engine wraps its own array
    private void read() throws IOException {
        if (connection == null) {
            readHeader();
            return;
        }
        ByteBuffer target = engine.readBuffer(mine.maxRead());
        int n = channel.read(target);
        if (n < 0) {
            endOfInput();
        } else if (n > 0) {
            check(target.array(), n);
            if (mine.readPauseMicros() > 0) {
                readPausedUntil = engine.now() + TimeUnit.MICROSECONDS.toNanos(mine.readPauseMicros());
                engine.wakeAt(readPausedUntil, this);
            }
        }
    }

    private void readHeader() throws IOException {
        if (channel.read(headerIn) < 0) {
            close();
            engine.ledger().endedWithoutHeader(headerIn.position());
        } else if (!headerIn.hasRemaining()) {
            Connection known = engine.ledger().claim(headerIn, engine.seed());
            if (known == null) {
                close();
            } else {
                follow(known);
                progress();
            }
        }
    }

    private void check(byte[] bytes, int length) throws IOException {
        long wrong = input.firstMismatch(bytes, 0, length, received);
        if (wrong >= 0) {
            judgeWrong(bytes, (int) (wrong - received), length);
            return;
        }
        received += length;
        engine.ledger().tally().countBytes(length);
        progress();
        if (received > theirs.goal()) {
            finish(Verdict.WRONG, "more bytes than were sent: " + received);
        }
    }

    private void judgeWrong(byte[] bytes, int at, int length) throws IOException {
        long position = received + at;
        Pattern.Origin origin = Pattern.originOf(bytes, at, length - at).orElse(null);
        boolean foreign = origin != null && Plan.idOfPattern(origin.id()) != connection.plan.id();
        String from = origin == null ? "unknown" : Plan.describe(origin);
        finish(foreign ? Verdict.FOREIGN : Verdict.WRONG, "at " + position + " came bytes from " + from);
    }

    private void endOfInput() throws IOException {
        inputEnded = true;
        progress();
        if (theirs.ending() == Ending.RESET) {
            finish(Verdict.RESET_SEEN_CLEAN, "end after " + received);
        } else if (received < theirs.total()) {
            finish(Verdict.LOST, "end after " + received + " of " + theirs.total());
        } else {
            finishIfDone();
        }
    }

    private void failed(IOException e) {
        try {
            if (connection == null) {
                close();
                engine.ledger().resetWithoutHeader();
            } else if (theirs.ending() != Ending.RESET) {
                finish(Verdict.BROKEN, e + " after " + received + " received, " + sent + " sent");
            } else if ("Broken pipe".equals(e.getMessage())) {
                // what the kernel says if a FIN had come before the reset
                finish(Verdict.RESET_SEEN_CLEAN, e + " after " + received);
            } else {
                finish(Verdict.RESET, "");
            }
        } catch (IOException closing) {
            throw new IllegalStateException(closing);
        }
    }

    /** Nothing has moved for too long. */
    void hang() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0); // or it would look like a clean end to the other
        if (connection == null) {
            close();
            engine.ledger().hungWithoutHeader();
            return;
        }
        finish(Verdict.HANG, position());
    }

    private String position() {
        return mine.position(sent, outputEnded, "sent") + ", " + theirs.position(received, inputEnded, "received");
    }

    @Override
    public String toString() {
        return connection == null ? "no header yet" : position() + " " + connection.plan;
    }

    private void finishIfDone() throws IOException {
        if (inputEnded && outputEnded) {
            finish(Verdict.OK, "");
        }
    }

    private void finish(Verdict verdict, String details) throws IOException {
        close();
        connection.report(initiator, verdict, (initiator ? "initiator: " : "follower: ") + details);
        engine.ledger().reported(connection);
    }

    private void close() throws IOException {
        closed = true;
        channel.close();
        engine.closed(this);
    }

    private void progress() {
        connection.lastProgress = engine.patientNow();
    }

    /** Since when nothing has moved. */
    long quietSince() {
        return connection == null ? madeAt : connection.lastProgress;
    }
}
