package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.transportsplice.ModelRelay.Written;
import io.transportsplice.testing.PatientClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A source, a sink and all of this library between them, in a world that the test makes: the loop is run by hand, epoll
 * and pipes are models, the kernel fails by a script. What must hold after each step is checked at each rest, what must
 * hold in the end in {@link #settle}.
 */
final class ModelMachine implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int WITHOUT_BOUND = Integer.MAX_VALUE;

    private final ModelSetup setup;
    private final ModelViolations violations = new ModelViolations();
    private final ModelLoop loop = new ModelLoop(violations, this::receive);
    private final ModelKernel kernel = new ModelKernel(violations, this::beforeFill);
    private final ModelSocket source;
    private final ModelSocket sink;
    private final ModelRelay relay;
    private final Set<ModelSocket> closedByUser = new HashSet<>();
    private boolean unguarded;

    ModelMachine(ModelSetup setup) throws IOException {
        this.setup = setup;
        SplicingEventLoop.install(loop.loop(), new LibC(kernel));
        source = new ModelSocket(WITHOUT_BOUND);
        sink = new ModelSocket(setup.room());
        relay = new ModelRelay(source, sink, violations);
        open(source, relay, setup.autoRead());
        open(sink, new Bystander(), false);
        loop.runToRest();
    }

    private void open(ModelSocket socket, ChannelHandler user, boolean autoRead) {
        kernel.add(socket);
        loop.epoll().add(socket);
        Channel channel = socket.channel();
        socket.channel().config().setAutoRead(autoRead).setAllowHalfClosure(setup.halfClosure());
        channel.pipeline().addLast(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel opened) {
                opened.pipeline().addLast(new EpollSpliceHandler(setup.options()), user);
            }
        });
        channel.unsafe().register(loop.loop(), channel.newPromise());
    }

    ModelSocket source() {
        return source;
    }

    ModelSocket sink() {
        return sink;
    }

    ModelKernel kernel() {
        return kernel;
    }

    ModelRelay relay() {
        return relay;
    }

    // Steps.

    void happen(List<? extends ModelStep> steps) throws IOException {
        for (ModelStep step : steps) {
            ModelTally.count("steps", 1);
            step.happen(this);
            receive();
            violations.check();
        }
    }

    private void receive() {
        sink.receive();
        source.receive();
    }

    void read() {
        relay.requestRead(source.channel());
    }

    void autoRead(boolean on) {
        if (source.channel().config().isAutoRead() && !on) {
            relay.cancelRead(); // Netty does
        }
        source.channel().config().setAutoRead(on);
    }

    void runOnce() {
        loop.runOnce();
    }

    void runToRest() {
        loop.runToRest();
        checkAtRest();
    }

    void limit(int bytes) {
        EpollSpliceHandler handler = source.channel().pipeline().get(EpollSpliceHandler.class);
        if (handler != null) {
            relay.limit(handler, bytes);
        }
    }

    void passTrimInterval() {
        loop.passTrimInterval();
    }

    void staleEvent(ModelSocket socket, int bits) {
        loop.epoll().deliverStale(socket, bits);
    }

    void closeByUser(ModelSocket socket) {
        closedByUser.add(socket);
        socket.channel().close();
    }

    void toggleHandler(ModelSocket socket) {
        ChannelPipeline pipeline = socket.channel().pipeline();
        if (!socket.channel().isOpen()) {
            return;
        }
        if (pipeline.get(EpollSpliceHandler.class) != null) {
            unguarded = true;
            pipeline.remove(EpollSpliceHandler.class);
        } else {
            pipeline.addFirst(new EpollSpliceHandler(setup.options()));
        }
        if (socket == source) {
            relay.spliceHandlerChanged();
        }
    }

    // What must hold.

    private void beforeFill() {
        if (!isReadWanted()) {
            throw violations.add("a fill that nobody asked for");
        }
        if (relay.isBoundReached(setup.maxInFlight())) {
            throw violations.add("a fill while " + relay.inFlightCount() + " wait in the sink");
        }
    }

    private boolean isReadWanted() {
        return source.channel().config().isAutoRead() || relay.isReadRequested();
    }

    private void checkAtRest() {
        if (source.channel().isActive()
                && !source.channel().isInputShutdown()
                && source.unread() > 0
                && isReadWanted()
                && !relay.isBoundReached(setup.maxInFlight())) {
            throw violations.add("lost wake-up: " + source.unread() + " bytes wait, and a read");
        }
    }

    /** From here on nothing goes wrong and everything is wanted: all must come to its end. */
    void settle() throws IOException {
        kernel.failNoMore();
        sink.makeRoom(WITHOUT_BOUND);
        relay.fate(ModelRelay.Fate.WRITTEN);
        relay.disposeHeld(ModelRelay.Fate.WRITTEN);
        source.channel().config().setAutoRead(true);
        runToRest(); // what a reset leaves to be read nobody knows
        await("everything is read", this::isEverythingRead);
        await(
                "every write is done",
                () -> relay.written().stream().allMatch(w -> w.future().isDone()));
        checkBytes();
        await(
                "the sink is writable",
                () -> sink.channel().isWritable() || !sink.channel().isOpen());
        checkEnds();
    }

    private boolean isEverythingRead() {
        boolean read = source.unread() == 0 && (!source.isEnded() || relay.isInputEnded());
        return read || relay.isInactive() || isRegistrationLost();
    }

    private void await(String what, BooleanSupplier condition) {
        PatientClock clock = new PatientClock();
        while (!condition.getAsBoolean()) {
            runToRest();
            receive();
            if (!condition.getAsBoolean() && clock.elapsedNanos() > PATIENCE_NANOS) {
                throw violations.add("never: " + what);
            }
        }
    }

    private void checkBytes() {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        boolean allWritten = true;
        long surelyWritten = 0;
        for (Written written : relay.written()) {
            for (long at = written.from(); at < written.from() + written.length(); at++) {
                expected.write(ModelSocket.patternAt(at));
            }
            allWritten &= written.future().isSuccess();
            surelyWritten = written.future().isSuccess() ? expected.size() : surelyWritten;
        }
        byte[] whole = expected.toByteArray();
        int least = (int) surelyWritten;
        if (!sink.isReset() && kernel.fatalDrains() == 0 && sink.end() != ModelSocket.End.RESET) {
            await("what was written has arrived", () -> sink.received().length >= least);
        }
        byte[] received = sink.received();
        assertTrue(received.length <= whole.length, () -> received.length + " bytes of " + whole.length);
        assertArrayEquals(Arrays.copyOf(whole, received.length), received);
        if (allWritten && !sink.isReset()) {
            assertEquals(whole.length, received.length);
        }
        assertTrue(
                allWritten || mayFail(sink, kernel.fatalDrains()), () -> "a write failed for no reason: " + causes());
    }

    private List<Throwable> causes() {
        return relay.written().stream()
                .map(written -> written.future().cause())
                .filter(Objects::nonNull)
                .toList();
    }

    /** Netty loses it after a stale event: nothing for it may be wrong but that the handler was away for a while. */
    private boolean isRegistrationLost() {
        boolean lost = loop.epoll().isRegistrationLost();
        assertTrue(!lost || unguarded, "a registration was lost although the handler was there all the time");
        return lost;
    }

    private boolean mayFail(ModelSocket socket, int fatalCalls) {
        return socket.isReset()
                || fatalCalls > 0
                || closedByUser.contains(socket)
                || (socket.isEnded() && !setup.halfClosure())
                || isRegistrationLost();
    }

    private void checkEnds() {
        assertTrue(!relay.isInactive() || mayFail(source, kernel.fatalFills()), "the source was closed for no reason");
        boolean sourceBroken = source.isReset() || closedByUser.contains(source);
        boolean ended = source.isEnded() && !sourceBroken && kernel.fatalFills() == 0;
        if (ended && !isRegistrationLost()) {
            assertEquals(0, source.unread(), "bytes before the end were not read");
            assertTrue(setup.halfClosure() ? relay.isInputEnded() : relay.isInactive(), "the end was not told");
        }
        if (kernel.fatalFills() > 0 && !sourceBroken) {
            assertTrue(relay.isFailed() && relay.isInactive(), "a failure of the source was not told");
        }
        if (closedByUser.contains(sink) || sink.isReset()) {
            return;
        }
        if (kernel.fatalDrains() > 0) {
            await("bytes are lost, and the far end knows", () -> sink.end() != ModelSocket.End.NONE);
            assertEquals(ModelSocket.End.RESET, sink.end());
        } else if (sink.channel().isOpen()) {
            relay.endSink();
            await("the end arrives", () -> sink.end() == ModelSocket.End.EOF);
            checkBytes();
        }
    }

    /** After a failure: lets go of what it has, and checks nothing more. */
    void abandon() throws IOException {
        source.close();
        sink.close();
        source.channel().close();
        sink.channel().close();
        loop.close();
    }

    /** Ends everything, and checks that nothing is left of it. */
    @Override
    public void close() throws IOException {
        relay.disposeHeld(ModelRelay.Fate.RELEASED);
        source.channel().close();
        sink.channel().close();
        PipePool pool = SplicingEventLoop.of(loop.loop()).pool();
        loop.runToRest();
        long pooled = pool.counters().value(PoolCounters.POOLED);
        source.close();
        sink.close();
        int open = kernel.openPipes();
        loop.close();
        assertEquals(pooled, open, "pipes that are open and pipes that lie in the pool");
        assertTrue(pooled <= setup.maxPooledPipes(), () -> pooled + " pipes in the pool");
        assertEquals(0, kernel.openPipes(), "pipes open after the end of the loop");
        assertTrue(relay.allReleased(), "a message was not released");
        violations.check();
    }

    /** The user's handler at the sink. */
    private static final class Bystander extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            assertTrue(cause instanceof IOException || cause instanceof ModelEpoll.RegistrationLost, cause::toString);
        }
    }
}
