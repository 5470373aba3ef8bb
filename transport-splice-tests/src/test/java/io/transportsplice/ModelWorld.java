// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.PatientClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** All that is outside of the library: two event loops, a kernel, and connections. */
final class ModelWorld {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Far more rounds than anything here takes; only what spins takes them all. */
    private static final int SPINNING = 8_000;
    /** From here on each round waits a little: on a busy machine the network between two sockets may take its time. */
    private static final int BUSY = 2_000;

    private static final long PAUSE_NANOS = 100_000;

    /** After so many rounds the far ends take what has arrived: else real buffers would be full one day. */
    private static final int FAR_ENDS_TURN = 16;

    private final ModelSetup setup;
    private final ModelViolations violations = new ModelViolations();
    private final ModelLog log = ModelLog.heardBy(violations);
    private final ModelTurn turn = new ModelTurn();
    private final ModelGate gate = new ModelGate();
    private final ModelKernel kernel = new ModelKernel(violations);
    private final List<ModelLoop> loops = List.of(new ModelLoop(violations, turn), new ModelLoop(violations, turn));
    private final List<ModelConnection> connections = new ArrayList<>();
    private boolean outside;
    /** Nothing is kept from being done any more. */
    private boolean settling;

    ModelWorld(ModelSetup setup) {
        this.setup = setup;
        loops.forEach(loop -> SplicingEventLoop.of(loop.loop(), new LibC(kernel)));
    }

    void add(ModelConnection connection) {
        connections.add(connection);
        kernel.add(connection.socket());
        loops.forEach(loop -> loop.epoll().add(connection.socket()));
    }

    ModelSetup setup() {
        return setup;
    }

    ModelViolations violations() {
        return violations;
    }

    ModelKernel kernel() {
        return kernel;
    }

    ModelGate gate() {
        return gate;
    }

    ModelLoop loop(int index) {
        return loops.get(index);
    }

    ModelLoop loopOf(Channel channel) {
        return loops.get(0).isLoopOf(channel) ? loops.get(0) : loops.get(1);
    }

    /** Whether the loops take no tasks for now. */
    void full(boolean now) {
        loops.forEach(loop -> loop.full(now));
    }

    void noMoreFaults() {
        settling = true;
        kernel.failNoMore();
        loops.forEach(loop -> loop.epoll().refuseNoMore());
    }

    boolean isRegistrationLost() {
        return loops.stream().anyMatch(loop -> loop.epoll().isRegistrationLost());
    }

    boolean isAnyUnguarded() {
        return connections.stream().anyMatch(ModelConnection::isUnguarded);
    }

    // Whose turn it is.

    /** Something that a user's handler does: on its channel's loop, or, within another loop's turn, there. */
    void on(Channel channel, Runnable action) {
        if (outside || turn.isTaken()) {
            action.run();
        } else {
            turn.take(loopOf(channel), action);
        }
    }

    void in(ModelLoop loop, Runnable action) {
        turn.take(loop, action);
    }

    /** What is done in it is done by none of the loops. */
    void outside(Runnable action) {
        boolean before = outside;
        outside = true;
        try {
            action.run();
        } finally {
            outside = before;
        }
    }

    boolean isOutside() {
        return outside || turn.isTaken();
    }

    void receive() {
        connections.forEach(connection -> connection.socket().receive());
    }

    int runOnce() {
        int n = loops.get(0).runOnce() + loops.get(1).runOnce();
        violations.check();
        return n;
    }

    void runToRest() {
        runWhileThereIsWork();
        while (settling && gate.isShut()) {
            endLinger();
            runWhileThereIsWork();
        }
    }

    /** Runs until there are neither events nor tasks. */
    private void runWhileThereIsWork() {
        for (int rounds = 0; runOnce() > 0; rounds++) {
            if (rounds > SPINNING) {
                throw violations.add("it spins");
            }
            if (rounds % FAR_ENDS_TURN == FAR_ENDS_TURN - 1) {
                receive();
            }
            if (rounds > BUSY) {
                Await.pause(PAUSE_NANOS);
            }
        }
    }

    /** What a lingering close waits for has come. */
    void endLinger() {
        connections.forEach(ModelConnection::checkLingering);
        gate.open(this::receive);
    }

    void await(String what, BooleanSupplier condition) {
        PatientClock clock = new PatientClock();
        while (!condition.getAsBoolean()) {
            runToRest();
            receive();
            if (!condition.getAsBoolean() && clock.elapsedNanos() > PATIENCE_NANOS) {
                throw violations.add("never: " + what);
            }
        }
    }

    long pooledPipes() {
        return loops.stream()
                .mapToLong(loop -> loop.view().pool.counters.value(PoolCounters.POOLED))
                .sum();
    }

    void close() {
        loops.forEach(ModelLoop::close);
        log.close();
    }
}
