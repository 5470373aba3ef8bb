// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelayConfig;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One case of the guest matrix.
 *
 * @param where the channels that have the guest
 * @param inFront whether it stands before the splice handler
 * @param handlers the channels that have a splice handler
 */
record GuestCase(Guest guest, Ends where, boolean inFront, Mode mode, boolean wrapped, Ends handlers, Ending ending) {
    /** How the stream ends. */
    enum Ending {
        FIN,
        RESET_BY_SOURCE,
        RESET_BY_SINK
    }

    /** What decoders of lines and frames can make frames of: such a byte is the last of each so many. */
    static final byte DELIMITER = '\n';

    static final int FRAME = 8 * 1024;
    static final int BYTES = 2 * 1024 * 1024;
    static final byte[] STREAM = framed(new Pattern(1).bytes(0, BYTES));
    static final byte[] ANSWER = framed(new Pattern(2).bytes(0, 8 * FRAME));

    private static final List<Ends> ALL = List.of(Ends.values());
    private static final List<Boolean> NO_AND_YES = List.of(false, true);
    private static final List<Mode> MODES = List.of(Mode.AUTO, Mode.SPLICE, Mode.COPY);
    private static final List<Mode> STREAMS = List.of(Mode.AUTO, Mode.SPLICE);
    private static final List<Ending> ENDINGS = List.of(Ending.values());

    /** Which factors, as they stand in the record, are tried in all combinations: each with each, and some with two. */
    private static final List<int[]> COMBINED = List.of(
            new int[] {0, 1, 2},
            new int[] {1, 2, 3},
            new int[] {0, 3},
            new int[] {0, 4},
            new int[] {0, 5},
            new int[] {1, 4},
            new int[] {1, 5},
            new int[] {2, 4},
            new int[] {2, 5},
            new int[] {3, 4},
            new int[] {3, 5},
            new int[] {4, 5});

    private static byte[] framed(byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if ((i + 1) % FRAME == 0) {
                bytes[i] = DELIMITER;
            } else if (bytes[i] == DELIMITER) {
                bytes[i]++;
            }
        }
        return bytes;
    }

    /** Chosen from all that there are. */
    static Stream<GuestCase> chosen(List<Guest> guests) {
        Set<GuestCase> cases = new LinkedHashSet<>();
        for (Guest guest : guests) {
            List<Ends> places = guest.places();
            for (int[] row : rows(sizes(guest), cases.size())) {
                cases.add(new GuestCase(
                        guest,
                        places.get(row[0]),
                        NO_AND_YES.get(row[1]),
                        MODES.get(row[2]),
                        NO_AND_YES.get(row[3]),
                        ALL.get(row[4]),
                        ENDINGS.get(row[5])));
            }
            cells(guest).forEach(cell -> {
                if (NO_AND_YES.stream().noneMatch(wrapped -> cases.contains(cell.on(wrapped)))) {
                    cases.add(cell.on(cases.size() % 2 == 0));
                }
            });
        }
        return cases.stream().filter(chosen -> !chosen.failsByItself());
    }

    /** With plain Netty, too, a FIN through two of these often comes out as a reset: docs/netty-bugs.md, LOST_REGISTRATION. */
    private boolean failsByItself() {
        boolean isGuarded = wrapped || (handlers == Ends.BOTH && !inFront);
        return guest.isElsewhere() && where == Ends.BOTH && ending == Ending.FIN && !isGuarded;
    }

    /**
     * What is never left out: those that must splice, and those where the guest alone, or the lack of a splice handler,
     * decides about bytes in a pipe.
     */
    private static Stream<GuestCase> cells(Guest guest) {
        Stream<GuestCase> behind = guest.places().stream()
                .flatMap(where -> STREAMS.stream().map(mode -> cell(guest, where, false, mode, Ends.BOTH)))
                .filter(cell -> cell.where != Ends.BOTH || cell.mustSplice());
        Stream<GuestCase> atSink = STREAMS.stream()
                .flatMap(mode -> Stream.of(
                        cell(guest, Ends.SINK, true, mode, Ends.BOTH),
                        cell(guest, Ends.SINK, false, mode, Ends.SOURCE)));
        return Stream.concat(behind, guest.places().contains(Ends.SINK) ? atSink : Stream.empty());
    }

    private static GuestCase cell(Guest guest, Ends where, boolean inFront, Mode mode, Ends handlers) {
        return new GuestCase(guest, where, inFront, mode, false, handlers, Ending.FIN);
    }

    private GuestCase on(boolean wrappedLoops) {
        return new GuestCase(guest, where, inFront, mode, wrappedLoops, handlers, ending);
    }

    private static List<int[]> rows(int[] sizes, int start) {
        return Boolean.getBoolean("guests.all") ? Coverage.all(sizes) : Coverage.rows(sizes, COMBINED, start);
    }

    /**
     * The yardstick: the same on plain Netty. On wrapped loops, because a channel that has read the end of its input may
     * lose its registration without, and fails.
     */
    static Stream<GuestCase> plain(List<Guest> guests) {
        List<GuestCase> cases = new ArrayList<>();
        for (Guest guest : guests) {
            for (Ends where : guest.places()) {
                Ending ending = ENDINGS.get(cases.size() % ENDINGS.size());
                cases.add(new GuestCase(guest, where, false, Mode.PLAIN, true, Ends.BOTH, ending));
            }
        }
        return cases.stream();
    }

    private static int[] sizes(Guest guest) {
        return new int[] {
            guest.places().size(), NO_AND_YES.size(), MODES.size(), NO_AND_YES.size(), ALL.size(), ENDINGS.size()
        };
    }

    /** How many there are. */
    static int all(List<Guest> guests) {
        return guests.stream().mapToInt(guest -> Coverage.product(sizes(guest))).sum();
    }

    /** Whoever takes part in connecting must be at the channel that connects. */
    Route route() {
        return guest.isAtBackendOnly() && where == Ends.SOURCE ? Route.TCP_TCP_DOWN : Route.TCP_TCP_UP;
    }

    private Ends end(Side side) {
        return (side == Side.FRONT) == route().up() ? Ends.SOURCE : Ends.SINK;
    }

    /** Whether the stream must have been spliced. */
    boolean mustSplice() {
        return mode == Mode.SPLICE
                && handlers == Ends.BOTH
                && !inFront
                && ending == Ending.FIN
                && guest.splicesAt(where);
    }

    void configure(TestRelayConfig config, Rig rig, Visit visit) {
        config.wrapped(wrapped).withoutSpliceHandler().pipeline((side, pipeline) -> {
            Site site = new Site(pipeline, rig.backend().address(), visit);
            boolean splices = config.options() != null && handlers.include(end(side));
            if (splices && !inFront) {
                site.add(new EpollSpliceHandler(config.options()));
            }
            if (where.include(end(side))) {
                guest.moveIn(site);
            }
            if (splices && inFront) {
                site.add(new EpollSpliceHandler(config.options()));
            }
            site.assemble();
        });
    }

    @Override
    public String toString() {
        return guest + (inFront ? " in front at " : " behind at ") + where + ", " + mode + (wrapped ? " wrapped" : "")
                + ", handlers at " + handlers + ", " + ending;
    }
}
