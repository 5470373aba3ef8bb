package io.transportsplice;

/** What a machine of the model is made of. */
record ModelSetup(
        SpliceOptions.Policy policy,
        int pipeCapacity,
        int maxPooledPipes,
        int maxInFlight,
        boolean halfClosure,
        boolean autoRead,
        int room) {

    SpliceOptions options() {
        return SpliceOptions.builder()
                .policy(policy)
                .pipeCapacity(pipeCapacity)
                .maxPooledPipes(maxPooledPipes)
                .maxInFlight(maxInFlight)
                .build();
    }
}
