package io.transportsplice.bench;

import java.io.IOException;
import java.util.List;

/**
 * A relay that can be started as a process of its own.
 *
 * @param descriptorsPerPair how many it takes at the most for a pair that carries nothing: what a limit has to hold
 * @param pipe the size of its pipes; 0 where it has none, or none that can be chosen
 * @param bulkOnly whether only bulk can tell it from another that is here
 */
record Relay(String name, boolean isJvm, int descriptorsPerPair, int pipe, boolean bulkOnly, Command command) {

    /** How it is started. */
    @FunctionalInterface
    interface Command {
        /** The command line of a process that stays, does not fork, and relays along this route. */
        List<String> line(Route route) throws IOException;
    }

    boolean meets(Scenario scenario) {
        return !bulkOnly || scenario.kind() == Kind.BULK;
    }
}
