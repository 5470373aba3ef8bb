// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A relay that can be started as a process of its own.
 *
 * @param descriptorsPerPair how many it takes at the most for a pair that carries nothing: what a limit has to hold
 * @param pipe the size of its pipes; 0 where it has none, or none that can be chosen
 * @param kinds the loads that can tell it from another that is here
 */
record Relay(String name, boolean isJvm, int descriptorsPerPair, int pipe, Set<Kind> kinds, Command command) {

    static final Set<Kind> ALL = EnumSet.allOf(Kind.class);
    static final Set<Kind> BULK = EnumSet.of(Kind.BULK);

    /** How it is started. */
    @FunctionalInterface
    interface Command {
        /** The command line of a process that stays, does not fork, and relays along this route. */
        List<String> line(Route route) throws IOException;
    }

    boolean meets(Scenario scenario) {
        return kinds.contains(scenario.kind());
    }
}
