// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.util.SplittableRandom;

/**
 * What a connection of the soak is to do. Both its ends derive it from its number.
 *
 * @param up how many bytes the client is to send
 * @param down how many the server is to send
 * @param sent how many of its own the end that resets sends before it does
 * @param received how many of the other's it receives before that
 * @param slow who reads little at a time, with pauses, from a small buffer
 * @param chunked whether a body of HTTP comes in chunks
 */
record SoakPlan(long id, Course course, long up, long down, long sent, long received, Slow slow, boolean chunked) {

    enum Course {
        /** Each sends, and then ends its direction, while it receives. */
        AT_ONCE,
        /** The server sends nothing before the client has ended its direction. */
        CLIENT_FIRST,
        SERVER_FIRST,
        CLIENT_RESETS,
        SERVER_RESETS
    }

    enum Slow {
        CLIENT,
        SERVER,
        NOBODY
    }

    static SoakPlan of(long id) {
        SplittableRandom random = new SplittableRandom(id);
        Course[] courses = Course.values();
        Course course = courses[random.nextInt(courses.length)];
        int least = course.compareTo(Course.CLIENT_RESETS) >= 0 ? 1 : 0;
        long up = least + size(random);
        long down = least + size(random);
        long own = course == Course.CLIENT_RESETS ? up : down;
        long others = course == Course.CLIENT_RESETS ? down : up;
        int slow = random.nextInt(10);
        return new SoakPlan(
                id,
                course,
                up,
                down,
                random.nextLong(Math.max(1, own)),
                1 + random.nextLong(Math.max(1, others)),
                slow == 0 ? Slow.CLIENT : slow == 1 ? Slow.SERVER : Slow.NOBODY,
                random.nextBoolean());
    }

    /** A tenth says little or nothing, four are messages, four fill some pipes, and one is long. */
    private static long size(SplittableRandom random) {
        int kind = random.nextInt(10);
        if (kind == 0) {
            return random.nextInt(16);
        }
        return kind < 5 ? random.nextInt(64 << 10) : random.nextInt(kind < 9 ? 2 << 20 : 16 << 20);
    }

    /** HTTP has no server that speaks first. */
    SoakPlan ofHttp() {
        return course == Course.SERVER_FIRST
                ? new SoakPlan(id, Course.AT_ONCE, up, down, sent, received, slow, chunked)
                : this;
    }

    boolean isReset() {
        return course == Course.CLIENT_RESETS || course == Course.SERVER_RESETS;
    }

    /** Whether this end is the one that does it first, or that resets. */
    boolean isLedBy(boolean client) {
        return client == (course == Course.CLIENT_FIRST || course == Course.CLIENT_RESETS);
    }

    boolean isSlow(boolean client) {
        return slow == (client ? Slow.CLIENT : Slow.SERVER);
    }

    /** The number of the pattern that one of the ends sends. */
    long pattern(boolean client) {
        return 2 * id + (client ? 0 : 1);
    }

    long length(boolean client) {
        return client ? up : down;
    }
}
