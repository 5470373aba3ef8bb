// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;

/**
 * A source, a sink and all of this library between them, in a world that the test makes: two loops are run by hand, epoll
 * and pipes are models, the kernel fails by a script. A second pair of connections is there to be mistaken for the first.
 * What must hold after each step is checked at each rest, what must hold in the end in {@link #settle}.
 */
final class ModelMachine implements AutoCloseable {
    private static final int WITHOUT_BOUND = Integer.MAX_VALUE;

    private final ModelSetup setup;
    private final ModelWorld world;
    private final ModelConnection source;
    private final ModelConnection sink;
    private final ModelConnection otherSource;
    private final ModelConnection otherSink;
    private final ModelRelay relay;
    private final ModelRelay otherRelay;
    private final ModelChecks checks;

    ModelMachine(ModelSetup setup) throws IOException {
        this.setup = setup;
        world = new ModelWorld(setup);
        source = new ModelConnection(world, 0, WITHOUT_BOUND);
        sink = new ModelConnection(world, 1, setup.room());
        otherSource = new ModelConnection(world, 2, WITHOUT_BOUND);
        otherSink = new ModelConnection(world, 3, WITHOUT_BOUND);
        relay = newRelay(0, source, sink, otherSink);
        otherRelay = newRelay(2, otherSource, otherSink, sink);
        checks = new ModelChecks(world, source, relay, otherSource, otherRelay);
        source.open(0, setup.autoRead(), relay);
        sink.open(setup.place().sinkElsewhere() ? 1 : 0, false);
        otherSource.open(0, true, otherRelay);
        otherSink.open(1, false);
        world.runToRest();
    }

    private ModelRelay newRelay(int lane, ModelConnection from, ModelConnection to, ModelConnection other) {
        ModelFates fates = new ModelFates(world, from, to, other);
        ModelRelay made = new ModelRelay(lane, from.socket(), fates, world.violations());
        from.socket().beforeFill(() -> checkFill(made));
        return made;
    }

    ModelWorld world() {
        return world;
    }

    ModelConnection source() {
        return source;
    }

    ModelConnection sink() {
        return sink;
    }

    ModelConnection connection(boolean atSource) {
        return atSource ? source : sink;
    }

    ModelConnection otherSource() {
        return otherSource;
    }

    ModelKernel kernel() {
        return world.kernel();
    }

    ModelRelay relay() {
        return relay;
    }

    // Steps.

    void happen(List<? extends ModelStep> steps) throws IOException {
        for (ModelStep step : steps) {
            ModelTally.count("steps", 1);
            step.happen(this);
            world.receive();
            world.violations().check();
        }
    }

    /** Done by a task of the source's loop. */
    void later(ModelStep step) {
        world.loopOf(source.channel()).loop().execute(() -> happenNow(step));
    }

    /** Done while the next message is under way. */
    void atNextMessage(boolean before, ModelStep step) {
        relay.atNextMessage(before, () -> happenNow(step));
    }

    void outside(ModelStep step) {
        world.outside(() -> happenNow(step));
    }

    private void happenNow(ModelStep step) {
        try {
            step.happen(this);
        } catch (IOException e) {
            world.violations().add(e);
        }
    }

    void read() {
        relay.demand().read();
        if (!isOnLoop()) {
            relay.demand().mayBeMore(); // a message that comes before the task that reads does not answer it
        }
        world.on(source.channel(), source.channel()::read);
    }

    void autoRead(boolean on) {
        if (!isOnLoop()) {
            if (source.life().isAway()) {
                return; // Netty 4.2.18 may do it on the wrong loop then
            }
            relay.demand().mayBeMore();
        }
        if (source.channel().config().isAutoRead() && !on) {
            if (isOnLoop()) {
                relay.demand().takenBack(); // Netty does
            } else {
                relay.demand().unsure(); // Netty does, if nobody has read meanwhile
            }
        }
        world.on(source.channel(), () -> source.channel().config().setAutoRead(on));
    }

    /** Whether an action on the source is done by its loop. */
    private boolean isOnLoop() {
        return !world.isOutside() || source.channel().eventLoop().inEventLoop();
    }

    /** At EPOLLRDHUP, of which each registration is told once, Netty reads a message without being asked. */
    void sourceEnds() throws IOException {
        relay.demand().mayBeMore();
        source.socket().sendEnd();
    }

    void sourceResets() throws IOException {
        relay.demand().mayBeMore(); // and at EPOLLERR
        relay.demand().mayBeMore();
        source.socket().sendReset();
    }

    void limit(int bytes) {
        world.on(source.channel(), () -> {
            EpollSpliceHandler handler = source.channel().pipeline().get(EpollSpliceHandler.class);
            if (handler != null
                    && !source.isToggledOutside()
                    && source.channel().eventLoop().inEventLoop()) {
                relay.limit(handler, bytes);
            }
        });
    }

    void cancelLimit() {
        world.on(source.channel(), relay::cancelLimit);
    }

    void disposeHeld(ModelFate how) {
        world.on(source.channel(), () -> relay.disposeHeld(how));
    }

    void toggleSourceHandler() {
        if (!isOnLoop()) {
            if (source.life().isAway()) {
                return;
            }
            relay.forgetLimit();
        }
        relay.demand().mayBeMore();
        relay.flight().startAnew();
        world.on(source.channel(), source::toggleHandler);
    }

    void toggleFront() {
        relay.demand().mayBeMore();
        world.on(source.channel(), () -> source.toggle(ModelFront.class, new ModelFront(world.violations())));
    }

    void readInFront() {
        world.on(source.channel(), () -> {
            ModelFront front = source.channel().pipeline().get(ModelFront.class);
            if (front != null && front.readByItself()) {
                relay.demand().read();
            }
        });
    }

    void staleEvent(boolean atSource, int bits) {
        if (atSource) {
            relay.demand().mayBeMore(); // Netty reads at EPOLLIN, and again at EPOLLRDHUP
            relay.demand().mayBeMore();
        }
        connection(atSource).mislead(bits);
    }

    void toggleSinkHandler() {
        world.on(sink.channel(), sink::toggleHandler);
    }

    void toggleCipher() {
        world.on(sink.channel(), () -> sink.toggle(ModelCipher.class, new ModelCipher(world.violations())));
    }

    // What must hold.

    private void checkFill(ModelRelay of) {
        if (!of.demand().mayRead()) {
            throw world.violations().add("a fill that nobody asked for");
        }
        boolean comingHome = world.loopOf(of.channel()).hasTasks(); // a pipe, perhaps
        if (!comingHome && of.flight().isBoundReached(setup.maxInFlight())) {
            throw world.violations().add("a fill while " + of.flight().count() + " wait in the sink");
        }
    }

    void runToRest() {
        world.runToRest();
        checks.atRest();
    }

    /** From here on nothing goes wrong and everything is wanted: all must come to its end. */
    void settle() throws IOException {
        world.noMoreFaults();
        relay.noActions();
        sink.socket().makeRoom(WITHOUT_BOUND);
        relay.fate(ModelFate.WRITTEN);
        if (!setup.place().outlived()) {
            disposeHeld(ModelFate.WRITTEN);
        }
        runToRest();
        source.comeBack();
        sink.comeBack();
        autoRead(true);
        runToRest(); // what a reset leaves to be read nobody knows
        world.on(sink.channel(), sink.channel()::flush); // what it had to write when it left Netty does not write
        checks.end(sink, otherSink);
    }

    /** After a failure: lets go of what it has, and checks nothing more. */
    void abandon() throws IOException {
        world.full(false);
        world.endLinger();
        for (ModelConnection connection : List.of(source, sink, otherSource, otherSink)) {
            connection.socket().close();
            world.on(connection.channel(), connection.channel()::close);
        }
        world.close();
    }

    /** Ends everything, and checks that nothing is left of it. */
    @Override
    public void close() throws IOException {
        List<ModelConnection> all = List.of(source, sink, otherSource, otherSink);
        if (!setup.place().outlived()) {
            disposeHeld(ModelFate.RELEASED);
        }
        if (!setup.place().endsWithLoops()) {
            all.forEach(connection -> world.on(connection.channel(), connection.channel()::close));
            world.runToRest();
            checks.told(all);
        }
        for (ModelConnection connection : all) {
            connection.socket().close();
        }
        long pooled = world.pooledPipes();
        int open = world.kernel().openPipes();
        if (!setup.place().endsWithLoops() && !setup.place().outlived()) {
            assertEquals(pooled, open, "pipes that are open and pipes that lie in the pool");
        }
        assertTrue(pooled <= 2L * setup.maxPooledPipes(), () -> pooled + " pipes in the pools");
        world.close();
        if (setup.place().outlived()) {
            relay.releaseHeldElsewhere();
        }
        checks.told(all);
        assertEquals(0, world.kernel().openPipes(), "pipes open after the end of the loops");
        assertTrue(
                relay.flight().areAllReleased() && otherRelay.flight().areAllReleased(), "a message was not released");
        world.violations().check();
    }
}
