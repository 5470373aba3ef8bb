// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.soak;

import io.transportsplice.soak.Script.Ending;
import io.transportsplice.soak.Script.Pacing;
import io.transportsplice.testing.Pattern;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What happens on one connection. It follows from the run's options and the connection's id alone, so that both ends know
 * it once they know the id. One end, the initiator, starts its stream with a header that says the id: of even ids this
 * is the client; of odd ids the server, which speaks first then.
 */
record Plan(int id, Kind kind, Script initiator, Script follower) {
    static final int HEADER = 16;
    static final int MAX_ID = Pattern.MAX_ID / 2;

    private static final long MIX = 0x9e3779b97f4a7c15L;

    /** The kinds of connection. */
    enum Kind {
        /** Both ends send at once, and each ends its own stream. */
        DUPLEX,
        /** The follower answers only after the end of what the initiator sends. */
        ANSWER_AFTER_EOF,
        /** The initiator says no more than the header until the follower's stream has ended. */
        QUESTION_AFTER_EOF,
        /** Messages go to and fro. */
        PING_PONG,
        /** The initiator is gone as soon as it has sent all. */
        SEND_AND_CLOSE,
        /** The follower is gone as soon as it has sent all. */
        FOLLOWER_SENDS_AND_CLOSES,
        INITIATOR_RESETS,
        FOLLOWER_RESETS,
        /** The client says nothing at all, not even a header. */
        SILENT
    }

    static Plan of(TortureOptions run, int id) {
        SplittableRandom random = new SplittableRandom((run.seed() ^ id * MIX) * MIX);
        Kind kind = kind(random, id % 2 == 0);
        Script one = script(random, run.most());
        Script other = script(random, run.most());
        Script initiator = one.withinReachOf(other);
        Script follower = other.withinReachOf(one);
        return switch (kind) {
            case DUPLEX -> new Plan(id, kind, initiator, follower);
            case ANSWER_AFTER_EOF ->
                new Plan(id, kind, initiator, follower.with(follower.total(), Pacing.AFTER_EOF, endOrClose(random)));
            case QUESTION_AFTER_EOF ->
                new Plan(id, kind, initiator.with(initiator.total(), Pacing.AFTER_EOF, endOrClose(random)), follower);
            case PING_PONG -> pingPong(id, random, run.most(), initiator, follower);
            case SEND_AND_CLOSE ->
                new Plan(
                        id,
                        kind,
                        initiator.with(initiator.total(), Pacing.FREE, Ending.CLOSE),
                        follower.with(0, random.nextBoolean() ? Pacing.FREE : Pacing.AFTER_EOF, Ending.HALF_CLOSE));
            case FOLLOWER_SENDS_AND_CLOSES ->
                new Plan(
                        id,
                        kind,
                        initiator.with(0, random.nextBoolean() ? Pacing.FREE : Pacing.AFTER_EOF, Ending.HALF_CLOSE),
                        follower.with(follower.total(), Pacing.FREE, Ending.CLOSE));
            case INITIATOR_RESETS ->
                new Plan(id, kind, initiator.resettingAfter(random.nextLong(initiator.total() + 1)), follower);
            case FOLLOWER_RESETS ->
                new Plan(id, kind, initiator, follower.resettingAfter(random.nextLong(follower.total() + 1)));
            case SILENT ->
                new Plan(
                        id,
                        kind,
                        initiator
                                .with(0, Pacing.FREE, List.of(Ending.values()).get(random.nextInt(3)))
                                .startingAfter(random.nextBoolean() ? 0 : random.nextInt(300)),
                        follower.with(0, Pacing.AFTER_EOF, Ending.HALF_CLOSE));
        };
    }

    private static Kind kind(SplittableRandom random, boolean clientFirst) {
        Kind[] kinds = Kind.values();
        return kinds[random.nextInt(clientFirst ? kinds.length : kinds.length - 1)];
    }

    private static Ending endOrClose(SplittableRandom random) {
        return random.nextBoolean() ? Ending.HALF_CLOSE : Ending.CLOSE;
    }

    private static Plan pingPong(int id, SplittableRandom random, int most, Script initiator, Script follower) {
        int message = 1 + random.nextInt(random.nextInt(4) == 0 ? 100_000 : 1000);
        int messages = 1 + random.nextInt(message > 1000 ? 20 : 200);
        long total = (long) message * Math.max(1, Math.min(messages, most / message));
        return new Plan(
                id,
                Kind.PING_PONG,
                pingPong(initiator, total, message, true),
                pingPong(follower, total, message, false));
    }

    private static Script pingPong(Script s, long total, int message, boolean first) {
        Pacing pacing = first ? Pacing.PING : Pacing.PONG;
        return new Script(
                total,
                total,
                pacing,
                message,
                Ending.HALF_CLOSE,
                Math.max(s.maxChunk(), 100 + message / 100), // and so it would in tiny writes
                0,
                Math.max(s.maxRead(), 1000),
                0,
                total > 50_000 ? 0 : s.bufferSize(), // through a tiny window it would take for ever
                s.startMillis());
    }

    private static Script script(SplittableRandom random, int most) {
        boolean slow = random.nextInt(4) == 0;
        boolean byteByByte = random.nextInt(10) == 0;
        long total = Math.min(most, byteByByte ? random.nextInt(3000) : total(random));
        return new Script(
                total,
                total,
                Pacing.FREE,
                1,
                Ending.HALF_CLOSE,
                byteByByte ? 1 : 1 << random.nextInt(8, 19),
                random.nextInt(3) == 0 ? random.nextInt(50) : 0,
                slow ? random.nextInt(1, 3000) : 64 * 1024,
                slow ? random.nextInt(1500) : 0,
                slow || random.nextInt(8) == 0 ? random.nextInt(2048, 8192) : 0,
                random.nextInt(4) == 0 ? random.nextInt(30) : 0);
    }

    private static long total(SplittableRandom random) {
        int dice = random.nextInt(100);
        if (dice < 5) {
            return 0;
        } else if (dice < 30) {
            return random.nextLong(1, 101);
        } else if (dice < 65) {
            return random.nextInt(1000, 64_000);
        } else if (dice < 90) {
            return random.nextInt(64_000, 1_000_000);
        }
        return random.nextInt(1_000_000, 8_000_000);
    }

    boolean saysHeader() {
        return kind != Kind.SILENT;
    }

    /** A reset may overtake everything that the other end was to see. */
    boolean mayNeverArrive() {
        return initiator.ending() == Ending.RESET || kind == Kind.SILENT;
    }

    Pattern fromInitiator() {
        return new Pattern(2 * id);
    }

    Pattern fromFollower() {
        return new Pattern(2 * id + 1);
    }

    static int idOfPattern(int patternId) {
        return patternId / 2;
    }

    static String describe(Pattern.Origin origin) {
        return "position " + origin.position() + " of connection " + idOfPattern(origin.id());
    }

    ByteBuffer header(long seed) {
        return ByteBuffer.allocate(HEADER).putLong(id).putLong(check(seed, id)).flip();
    }

    /** The id that a header says, or -1 if it is none. */
    static int idOf(ByteBuffer header, long seed) {
        long id = header.getLong(0);
        return id >= 0 && id <= MAX_ID && header.getLong(Long.BYTES) == check(seed, id) ? (int) id : -1;
    }

    private static long check(long seed, long id) {
        return Long.rotateLeft((seed + id) * MIX, 31) * MIX;
    }
}
