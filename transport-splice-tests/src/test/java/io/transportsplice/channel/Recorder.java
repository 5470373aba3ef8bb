// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.testing.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The last handler of a pipeline: writes down what it is told, and checks the bytes. How many messages the bytes came in
 * is written down elsewhere, because that is nobody's promise.
 */
final class Recorder extends ChannelInboundHandlerAdapter {

    private static final Map<Object, String> USER_EVENTS = Map.of(
            ChannelInputShutdownEvent.INSTANCE, "inputShutdown",
            ChannelInputShutdownReadComplete.INSTANCE, "inputReadComplete",
            ChannelOutputShutdownEvent.INSTANCE, "outputShutdown");

    private final Pattern expected;
    private final List<String> events = new ArrayList<>();
    private final Map<String, Stage.Act> acts = new ConcurrentHashMap<>();
    private final List<String> writability = new ArrayList<>();
    private long received;
    private int messages;

    Recorder(Pattern expected) {
        this.expected = expected;
    }

    /** In order; any number of messages in a row are one "read", and what was read in vain is not told. */
    synchronized String events() {
        return String.join(" ", events);
    }

    /** Apart from the others, as it depends on the kernel's buffers. */
    synchronized String writability() {
        return String.join(" ", writability);
    }

    /** How many bytes so far, all of which were the expected ones. */
    synchronized long received() {
        verifyBytes();
        return received;
    }

    synchronized void verifyBytes() {
        assertFalse(events.contains("wrong"), events::toString);
    }

    synchronized int messages() {
        return messages;
    }

    /** What is to be done each time at this event, as a user's handler would. */
    void when(String event, Stage.Act act) {
        acts.put(event, act);
    }

    private void add(ChannelHandlerContext ctx, String event) throws Exception {
        synchronized (this) {
            events.add(event);
        }
        act(ctx, event);
    }

    private void act(ChannelHandlerContext ctx, String event) throws Exception {
        Stage.Act act = acts.get(event);
        if (act != null) {
            act.on(ctx.channel());
        }
    }

    private String last() {
        return events.isEmpty() ? "" : events.get(events.size() - 1);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        try {
            read(ByteBufUtil.getBytes((ByteBuf) message));
        } finally {
            ReferenceCountUtil.release(message);
        }
        act(ctx, "read");
    }

    private synchronized void read(byte[] bytes) {
        messages++;
        if (last().equals("complete")) {
            events.remove(events.size() - 1);
        }
        if (!last().equals("read")) {
            events.add("read");
        }
        if (expected.firstMismatch(bytes, 0, bytes.length, received) >= 0) {
            events.add("wrong");
        }
        received += bytes.length;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        synchronized (this) {
            if (!last().equals("read")) {
                return;
            }
            events.add("complete");
        }
        act(ctx, "complete");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        add(ctx, USER_EVENTS.getOrDefault(event, event.toString()));
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        String event = ctx.channel().isWritable() ? "writable" : "unwritable";
        synchronized (this) {
            writability.add(event);
        }
        act(ctx, event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
        add(ctx, cause.getClass().getSimpleName());
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) throws Exception {
        add(ctx, "registered");
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) throws Exception {
        add(ctx, "unregistered");
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        add(ctx, "active");
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        add(ctx, "inactive");
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) throws Exception {
        add(ctx, "removed");
    }
}
