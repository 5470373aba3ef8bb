// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * One relay with the backend behind it and the peers on both sides, for one test. Closing it closes the peers, waits
 * until the relay has let go of everything, and then ends the relay.
 */
public final class Rig implements AutoCloseable {
    private static final int SMALL = 16 * 1024;

    private final Baseline.State baseline = Baseline.State.now();
    private final ExecutorService background = Executors.newCachedThreadPool();
    private final List<Peer> ends = new ArrayList<>();
    private final TestRelayConfig config;
    private final Gate gate = new Gate();
    private int bufferSize;
    private int nextPatternId;
    private Backend backend;
    private TestRelay relay;

    public Rig(Mode mode) {
        config = new TestRelayConfig(mode).gate(gate);
    }

    public Rig configure(Consumer<TestRelayConfig> change) {
        change.accept(config);
        return this;
    }

    public Mode mode() {
        return config.mode;
    }

    public boolean usesSpliceHandler() {
        return config.mode.usesSpliceHandler();
    }

    /** Gives every socket small fixed buffers, so that little data fills everything. */
    public Rig smallBuffers() {
        bufferSize = SMALL;
        config.bufferSize(SMALL);
        return this;
    }

    /** The same for the peers alone: the relay gets rid of little, but the kernel takes all from it. */
    public Rig smallBuffersOfPeers() {
        bufferSize = SMALL;
        return this;
    }

    /** What was open before the rig. */
    public Baseline.State baseline() {
        return baseline;
    }

    /** While it is closed the relay does not connect to the backend. */
    public Gate gate() {
        return gate;
    }

    /** Starts the relay at first use, between the kinds of socket of that route. */
    public TestRelay relay(Route route) throws IOException {
        if (relay == null) {
            backend = Backend.open(route.back(), bufferSize);
            relay = config.front(route.front()).backend(backend.address()).start();
        }
        return relay;
    }

    public TestRelay relay() {
        return relay;
    }

    public Backend backend() {
        return backend;
    }

    public Pattern newPattern() {
        return new Pattern(nextPatternId++);
    }

    public Peer connect(Route route) throws IOException {
        return closedAtTheEnd(Peer.connect(relay(route).address(), bufferSize));
    }

    public Link link(Route route) throws IOException {
        return accept(route, connect(route));
    }

    /** Accepts the relay's connection on behalf of a client that has connected before. */
    public Link accept(Route route, Peer client) throws IOException {
        Peer server = closedAtTheEnd(backend.accept());
        return new Link(this, route.up() ? client : server, route.up() ? server : client);
    }

    /** A link of peers whose connection did not come about in the usual way. */
    public Link between(Peer source, Peer sink) {
        return new Link(this, source, sink);
    }

    private Peer closedAtTheEnd(Peer peer) {
        ends.add(peer);
        return peer;
    }

    /** Something that a background thread does, for its effect. */
    public interface Task {
        void run() throws Exception;
    }

    public Future<?> async(Task task) {
        return background.submit(() -> {
            task.run();
            return null;
        });
    }

    public <T> Future<T> asyncResult(Callable<T> task) {
        return background.submit(task);
    }

    public static <T> T await(Future<T> future) throws InterruptedException {
        Await.until("the background task is done", future::isDone);
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new AssertionError("failed in the background", e.getCause());
        }
    }

    /** Waits for a background task that must fail because its connection did. */
    public static IOException awaitFailure(Future<?> future) throws InterruptedException {
        try {
            await(future);
        } catch (AssertionError e) {
            if (e.getCause() instanceof IOException failure) {
                return failure;
            }
            throw e;
        }
        throw new AssertionError("the background task succeeded, a failure of the connection was expected");
    }

    /** Waits until nothing is in use and every pipe lies in a pool, while connections may still be open. */
    public void awaitPipesHome() {
        Await.until(
                "pipes and buffers at rest since " + baseline, Baseline.State::now, now -> now.isAtRestSince(baseline));
    }

    /** Ends everything without asking what is left, for a relay that is known to leave something. */
    public void abandon() throws IOException {
        for (Peer end : ends) {
            end.close();
        }
        background.shutdownNow();
        if (relay != null) {
            backend.close();
            relay.close();
        }
    }

    @Override
    public void close() throws IOException {
        gate.open();
        for (Peer end : ends) {
            end.close();
        }
        background.shutdownNow();
        if (relay != null) {
            try {
                relay.awaitNoChannels();
                awaitPipesHome();
            } finally {
                backend.close();
                relay.close();
            }
            awaitPoolsClosed();
        }
    }

    /** A loop's pool is closed once the loop has ended, by another thread. */
    private void awaitPoolsClosed() {
        Await.until(
                "no more pipes than in " + baseline,
                Baseline.State::now,
                now -> now.pipesInUse() <= baseline.pipesInUse() && now.pipesPooled() <= baseline.pipesPooled());
    }
}
