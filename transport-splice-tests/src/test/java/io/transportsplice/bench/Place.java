// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Where a relay and its load meet: which addresses they use, and how a process comes to be on the one side or the other. */
interface Place extends AutoCloseable {

    String relayHost();

    String loadHost();

    /** The start of a command line that runs the rest of it on the relay's side. */
    List<String> relaySide();

    List<String> loadSide();

    @Override
    void close();

    default Route newRoute() throws IOException {
        return new Route(relayHost() + ":" + Machine.freePort(), loadHost() + ":" + Machine.freePort());
    }

    default List<String> relayLine(int core, List<String> command) {
        return line(relaySide(), core, command);
    }

    default List<String> loadLine(int core, List<String> command) {
        return line(loadSide(), core, command);
    }

    private static List<String> line(List<String> side, int core, List<String> command) {
        List<String> line = new ArrayList<>(side);
        line.addAll(List.of("taskset", "-c", String.valueOf(core)));
        line.addAll(command);
        return line;
    }
}
