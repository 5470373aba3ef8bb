// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.ArrayList;
import java.util.List;

/** The loads of the two presets. */
final class Scenarios {

    private static final int[] RESPONSES = {64, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10};
    private static final int[] CHURN_RESPONSES = {128, 16 << 10};
    private static final int MANY_IDLE_PAIRS = 10_000;
    private static final int SOME_IDLE_PAIRS = 2_000;

    private Scenarios() {}

    static List<Scenario> quick() {
        return List.of(
                Scenario.bulk("down", 1, "bulk, 1 connection, to the client"),
                Scenario.bulk("both", 16, "bulk, 16 connections, both ways at once"),
                Scenario.streams(16, 4),
                Scenario.chat(64, 64),
                Scenario.chat(64, 64 << 10),
                Scenario.churn(128),
                fairness(),
                idle(SOME_IDLE_PAIRS));
    }

    static List<Scenario> full() {
        List<Scenario> all = new ArrayList<>();
        for (int connections : new int[] {1, 16, 256}) {
            String title = "bulk, " + Units.connections(connections);
            all.add(Scenario.bulk("down", connections, title + ", to the client"));
            all.add(Scenario.bulk("up", connections, title + ", to the server"));
            all.add(Scenario.bulk("both", connections, title + ", both ways at once"));
        }
        all.add(file());
        for (int connections : new int[] {1, 16, 64}) {
            for (int mebibytes : new int[] {1, 4, 32}) {
                all.add(Scenario.streams(connections, mebibytes));
            }
        }
        for (int connections : new int[] {1, 64}) {
            for (int response : RESPONSES) {
                all.add(Scenario.chat(connections, response));
            }
        }
        for (int response : CHURN_RESPONSES) {
            all.add(Scenario.churn(response));
        }
        all.add(fairness());
        all.add(crowd());
        all.add(idle(MANY_IDLE_PAIRS));
        all.add(Scenario.iperf(1));
        all.add(Scenario.iperf(10));
        all.add(Scenario.bulk("down", 1, "bulk, 1 connection, to the client").onWire());
        all.add(Scenario.bulk("both", 16, "bulk, 16 connections, both ways at once")
                .onWire());
        return all;
    }

    /** @throws IllegalArgumentException if there is none, as of an old run */
    static Scenario named(String id) {
        return full().stream()
                .filter(scenario -> scenario.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no load " + id + " any more"));
    }

    /** What a file server sends: each fragment is a page, and takes a slot of a pipe that could hold 32 KiB. */
    private static Scenario file() {
        String title = "bulk, 16 connections, to the client, by sendfile (fragments of 4 KiB)";
        return new Scenario("bulk-16-file", title, Kind.BULK, List.of("down=16", "file=1"), 0);
    }

    private static Scenario fairness() {
        String title = "request and response of 64 B on 1 connection beside 16 bulk transfers";
        return new Scenario("fairness", title, Kind.FAIRNESS, List.of("down=16", "chat=1", "response=64"), 0);
    }

    /** The same as {@code chat-64-64}, which it is to be compared with. */
    private static Scenario crowd() {
        String title = "request and response of 64 B on 64 connections beside 10,000 idle ones";
        return new Scenario("crowd", title, Kind.ROUNDS, List.of("chat=64", "response=64"), MANY_IDLE_PAIRS);
    }

    private static Scenario idle(int pairs) {
        return new Scenario("idle", "idle pairs, after one message each way", Kind.IDLE, List.of(), pairs);
    }
}
