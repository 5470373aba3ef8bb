// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceOptions;
import io.transportsplice.SpliceOptions.Policy;
import io.transportsplice.testing.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One of the ways in which a channel may come by its splice handler, or by none: what Netty promises of a channel holds
 * in all of them.
 *
 * @param policy null for no handler at all, which shows what Netty itself does
 * @param settled whether the handler has been there for a while when it counts, or came in this moment
 * @param accepted a server's channel, or a client's
 */
record Variant(Policy policy, boolean wrapped, Arrival arrival, boolean settled, Family family, boolean accepted) {

    /** When the handler comes. */
    enum Arrival {
        /** With the channel. */
        START("from the start"),
        /** In channelActive. */
        ACTIVE("added in channelActive"),
        /** After some bytes went both ways. */
        MIDSTREAM("added in mid-stream");

        private final String words;

        Arrival(String words) {
            this.words = words;
        }
    }

    /** Without a handler. */
    static final Variant PLAIN = new Variant(null, false, Arrival.START, false, Family.TCP, true);

    private static final List<Policy> POLICIES = List.of(Policy.NEVER, Policy.AUTO, Policy.ALWAYS);
    private static final List<Arrival> ARRIVALS = List.of(Arrival.values());
    private static final boolean ALL = "all".equals(System.getProperty("variants"));

    /**
     * Every policy with every way of coming, and a few without a handler; what is left takes turns, so that any two of the
     * six come together, and nearly any three. All of them with {@code -Dvariants=all}.
     */
    static Stream<Variant> everywhere() {
        List<Variant> all = new ArrayList<>(List.of(
                PLAIN,
                new Variant(null, false, Arrival.START, true, Family.UNIX, false),
                new Variant(null, true, Arrival.START, true, Family.UNIX, true),
                new Variant(null, true, Arrival.MIDSTREAM, false, Family.TCP, false)));
        for (int policy = 0; policy < POLICIES.size(); policy++) {
            for (int when = 0; when < ARRIVALS.size(); when++) {
                for (int settled = 0; settled < 2; settled++) {
                    int turn = 5 * policy + 3 * when + 7 * settled;
                    for (int i = 0; i < (ALL ? 8 : 1); i++) {
                        all.add(of(POLICIES.get(policy), ARRIVALS.get(when), settled == 1, turn + i));
                    }
                }
            }
        }
        return all.stream();
    }

    private static Variant of(Policy policy, Arrival arrival, boolean settled, int turn) {
        Family family = (turn & 2) != 0 ? Family.UNIX : Family.TCP;
        return new Variant(policy, (turn & 1) != 0, arrival, settled, family, (turn & 4) != 0);
    }

    /** Some of them, others each turn. */
    static Stream<Variant> some(int turn, int count) {
        List<Variant> all = everywhere().toList();
        return ALL
                ? all.stream()
                : IntStream.range(0, count).mapToObj(i -> all.get((turn + i * all.size() / count) % all.size()));
    }

    /** The same, between tcp sockets only. */
    static Stream<Variant> everywhereOnTcp() {
        return everywhere()
                .map(v -> new Variant(
                        v.policy, v.wrapped, v.arrival, v.settled, Family.TCP, v.accepted ^ (v.family == Family.UNIX)));
    }

    /** Whether what is to happen is to happen at the very beginning. */
    boolean isThereWhenActive() {
        return !settled && arrival != Arrival.MIDSTREAM;
    }

    boolean hasHandler() {
        return policy != null;
    }

    EpollSpliceHandler newHandler() {
        return new EpollSpliceHandler(
                SpliceOptions.builder().policy(policy).maxPooledPipes(1).build());
    }

    /** How much must have gone through a channel until AUTO, too, takes it for a stream. */
    int warmUp() {
        return policy == Policy.AUTO ? 512 * 1024 : 1000;
    }

    @Override
    public String toString() {
        return (policy == null ? "plain" : policy)
                + (wrapped ? " wrapped" : "")
                + ", " + arrival.words
                + (settled ? " and settled, " : ", ")
                + family
                + (accepted ? " accepted" : " connected");
    }
}
