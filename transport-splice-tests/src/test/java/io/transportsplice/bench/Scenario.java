// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A load under which every relay is looked at.
 *
 * @param load the arguments of the load program that make it
 * @param idlePairs the pairs that do nothing, beside the load or, if that is empty, alone
 * @param isOnWire whether it needs segments as small as a wire's
 */
record Scenario(String id, String title, Kind kind, List<String> load, int idlePairs, boolean isOnWire) {

    /**
     * So many senders with buffers of megabytes have a gigabyte on its way, no cache holds any of it, and it is the load
     * that slows down: to a fifth in some runs and not in others.
     */
    private static final int MANY = 256;

    private static final int BUFFER_OF_MANY = 512 << 10;

    Scenario(String id, String title, Kind kind, List<String> load, int idlePairs) {
        this(id, title, kind, load, idlePairs, false);
    }

    static Scenario bulk(String way, int connections, String title) {
        List<String> load = new ArrayList<>(List.of(way + "=" + connections));
        if (connections >= MANY) {
            load.add("buffer=" + BUFFER_OF_MANY);
        }
        return new Scenario("bulk-" + connections + "-" + way, title, Kind.BULK, load, 0);
    }

    static Scenario chat(int connections, int response) {
        String title = "request 64 B, response " + Units.bytes(response) + ", " + Units.connections(connections);
        // One connection waits for the relay most of the time: the load then polls, so that its own wake-ups are no
        // part of the latency.
        int spin = connections == 1 ? 1 : 0;
        List<String> load = List.of("chat=" + connections, "response=" + response, "spin=" + spin);
        return new Scenario("chat-" + connections + "-" + response, title, Kind.ROUNDS, load, 0);
    }

    static Scenario churn(int response) {
        String title = "connect, request 128 B, response " + Units.bytes(response) + ", close; 16 at a time";
        List<String> load = List.of("churn=16", "request=128", "response=" + response);
        return new Scenario("churn-" + response, title, Kind.ROUNDS, load, 0);
    }

    /** So many at a time, a new connection for each. */
    static Scenario streams(int connections, int mebibytes) {
        String title =
                Units.connections(connections) + " at a time, " + mebibytes + " MiB to the client on each, close";
        List<String> load = List.of("churn=" + connections, "response=" + (mebibytes << 20));
        return new Scenario("streams-" + connections + "-" + mebibytes + "m", title, Kind.BULK, load, 0);
    }

    /** As the field quotes it: so many streams of iperf3 at once, from the client to the server. */
    static Scenario iperf(int streams) {
        List<String> load = List.of("-P", String.valueOf(streams));
        return new Scenario("iperf3-" + streams, "iperf3 -P " + streams, Kind.IPERF, load, 0);
    }

    /** The same in segments of 1,500 bytes. */
    Scenario onWire() {
        return new Scenario("wire-" + id, title + ", segments of 1,500 B", kind, load, idlePairs, true);
    }

    boolean isIdleOnly() {
        return kind == Kind.IDLE;
    }
}
