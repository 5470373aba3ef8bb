// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.channel.Variant.Arrival;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/**
 * One channel with a peer at its far end, made as a {@link Variant} says. Closing it closes both, and waits until nothing
 * of it is left.
 */
final class Stage implements AutoCloseable {

    /** What a test does to the channel, on its event loop. */
    interface Act {
        void on(Channel channel) throws Exception;
    }

    private final Baseline.State baseline = Baseline.State.now();
    private final long adoptionsBefore = SpliceMetrics.snapshot().adoptions();
    private final Variant variant;
    private final Connection connection;
    private final Pattern incoming = new Pattern(1);
    private final Pattern outgoing = new Pattern(2);
    private final Recorder recorder = new Recorder(incoming);
    private final Map<ChannelOption<Object>, Object> options = new LinkedHashMap<>();
    private final CompletableFuture<Channel> active = new CompletableFuture<>();
    private final CompletableFuture<Void> acted = new CompletableFuture<>();
    private final CompletableFuture<Void> did = new CompletableFuture<>();
    private ChannelHandler[] users = {};
    private Act act = channel -> {};
    private Channel channel;
    private volatile boolean acting;
    private long sent;
    private long written;
    private long received;

    Stage(Variant variant) {
        this(variant, 1);
    }

    Stage(Variant variant, int threads) {
        this.variant = variant;
        connection = new Connection(variant, threads);
    }

    @SuppressWarnings("unchecked") // an option and its value are put in together
    <T> Stage option(ChannelOption<T> option, T value) {
        options.put((ChannelOption<Object>) option, value);
        return this;
    }

    Stage noAutoRead() {
        return option(ChannelOption.AUTO_READ, false);
    }

    Stage halfClosing() {
        return option(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }

    /** Handlers between the splice handler and the recorder, from the moment at which it counts. */
    Stage user(ChannelHandler... handlers) {
        users = handlers;
        return this;
    }

    Stage start() throws Exception {
        return start(any -> {});
    }

    /** Connects, and acts on the channel when the handler has come, or has settled. */
    Stage start(Act firstAct) throws Exception {
        act = firstAct;
        connection.open(new Initializer(), options);
        channel = Rig.await(active);
        if (variant.arrival() == Arrival.MIDSTREAM) {
            Echo.exchange(this, 1000);
            onLoop(any -> arrive(Arrival.MIDSTREAM));
        }
        if (variant.settled()) {
            settle();
            onLoop(any -> act());
        }
        Rig.await(acted);
        return this;
    }

    /** Puts what belongs there into the pipeline. */
    private final class Initializer extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel opened) {
            channel = opened;
            opened.closeFuture().addListener(closed -> {
                active.complete(opened);
                if (!acting) {
                    acted.complete(null); // there is nothing left to act on
                }
            });
            if (variant.hasHandler() && variant.arrival() == Arrival.START) {
                opened.pipeline().addLast(variant.newHandler());
            }
            opened.pipeline().addLast(new Opening(), recorder);
            if (variant.isThereWhenActive()) {
                addUsers();
            }
        }
    }

    private final class Opening extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            if (variant.arrival() == Arrival.ACTIVE) {
                arrive(Arrival.ACTIVE);
            }
            ctx.fireChannelActive();
            if (variant.isThereWhenActive()) {
                act();
            }
            active.complete(ctx.channel());
        }
    }

    private void arrive(Arrival now) {
        if (variant.hasHandler()) {
            channel.pipeline().addFirst(variant.newHandler());
        }
        if (now == Arrival.MIDSTREAM && !variant.settled()) {
            act();
        }
    }

    private void act() {
        acting = true;
        try {
            if (!variant.isThereWhenActive()) {
                addUsers();
            }
            act.on(channel);
            acted.complete(null);
        } catch (Exception | AssertionError e) {
            acted.completeExceptionally(e);
        }
    }

    private void addUsers() {
        String last = channel.pipeline().context(recorder).name();
        for (ChannelHandler user : users) {
            channel.pipeline().addBefore(last, null, user);
        }
    }

    private void settle() throws Exception {
        Echo.exchange(this, variant.warmUp());
        if (variant.hasHandler() && !variant.wrapped()) {
            Await.until("it is adopted", () -> SpliceMetrics.snapshot().adoptions() > adoptionsBefore);
        }
    }

    Channel channel() {
        return channel;
    }

    /** Null if the channel was closed before it was connected. */
    Peer peer() {
        return connection.peer();
    }

    /** What the channel writes. */
    Pattern outgoing() {
        return outgoing;
    }

    /** The next bytes for the channel to write. */
    ByteBuf bytes(int count) {
        ByteBuf buffer = channel.alloc().directBuffer(count).writeBytes(outgoing.bytes(written, count));
        written += count;
        return buffer;
    }

    /** All bytes that were taken by {@link #bytes}. */
    long written() {
        return written;
    }

    /** The peer receives and checks what comes next. */
    void receiveSome() throws Exception {
        byte[] bytes = new byte[64 * 1024];
        int count = peer().read(bytes, bytes.length);
        if (count < 0) {
            throw new AssertionError("the stream ended at " + received);
        }
        outgoing.verify(bytes, 0, count, received);
        received += count;
    }

    long received() {
        return received;
    }

    /** The peer sends the next bytes. */
    void send(int count) throws Exception {
        peer().send(incoming, sent, sent + count, count);
        sent += count;
    }

    void awaitReceived() {
        Await.until(sent + " bytes are received", recorder::received, received -> received == sent);
    }

    /** What was begun is done. */
    void didIt() {
        did.complete(null);
    }

    Future<Void> did() {
        return did;
    }

    EpollSpliceHandler newHandler() {
        return variant.newHandler();
    }

    Recorder recorder() {
        return recorder;
    }

    String events() {
        return recorder.events();
    }

    void awaitEvents(String expected) {
        Await.until("the events: " + expected, recorder::events, expected::equals);
    }

    /** The channel's event loop, as its group has it. */
    EventLoop sameLoop() {
        return connection.loop(channel, true);
    }

    /** An event loop that is not the channel's. */
    EventLoop otherLoop() {
        return connection.loop(channel, false);
    }

    void onLoop(Act task) throws Exception {
        Rig.await(channel.eventLoop().submit(() -> {
            task.on(channel);
            return null;
        }));
    }

    /** Lets the event loop do all that it is about to do. */
    void settleLoop() throws Exception {
        for (int i = 0; i < 5; i++) {
            onLoop(any -> {});
        }
    }

    /** The loop had its turns and the socket its event, so whatever was to come has come. */
    void expectNoMore(int messages) throws Exception {
        settleLoop();
        assertEquals(messages, recorder().messages());
    }

    @Override
    public void close() throws IOException {
        try (connection) {
            if (channel != null) {
                channel.close().syncUninterruptibly();
                Await.until("it has left its pipeline", recorder::events, events -> events.endsWith("removed"));
            }
            if (peer() != null) {
                peer().close();
            }
            Await.until("at rest since " + baseline, Baseline.State::now, now -> now.isAtRestSince(baseline));
            recorder.verifyBytes();
        }
    }
}
