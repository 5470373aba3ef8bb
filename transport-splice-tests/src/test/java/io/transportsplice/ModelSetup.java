// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/** What a machine of the model is made of. */
record ModelSetup(
        SpliceOptions.Policy policy,
        int pipeCapacity,
        int maxPooledPipes,
        int maxInFlight,
        boolean halfClosure,
        boolean autoRead,
        int room,
        Place place) {

    /**
     * Where things are, and how they end.
     *
     * @param wrapped whether channels are adopted when they are registered
     * @param sinkElsewhere whether the sink is on the other loop
     * @param endsWithLoops whether the channels are closed by the end of their loops
     * @param outlived whether messages that are held are released after that
     */
    record Place(boolean wrapped, boolean sinkElsewhere, boolean endsWithLoops, boolean outlived) {
        static final Place PLAIN = new Place(false, false, false, false);
    }

    ModelSetup(
            SpliceOptions.Policy policy,
            int pipeCapacity,
            int maxPooledPipes,
            int maxInFlight,
            boolean halfClosure,
            boolean autoRead,
            int room) {
        this(policy, pipeCapacity, maxPooledPipes, maxInFlight, halfClosure, autoRead, room, Place.PLAIN);
    }

    ModelSetup at(Place newPlace) {
        return new ModelSetup(policy, pipeCapacity, maxPooledPipes, maxInFlight, halfClosure, autoRead, room, newPlace);
    }

    SpliceOptions options() {
        return SpliceOptions.builder()
                .policy(policy)
                .pipeCapacity(pipeCapacity)
                .maxPooledPipes(maxPooledPipes)
                .maxInFlight(maxInFlight)
                .build();
    }
}
