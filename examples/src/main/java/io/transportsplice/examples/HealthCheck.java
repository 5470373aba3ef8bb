// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks an upstream from time to time whether it is well: it accepts a connection, is sent what there is to say, and answers
 * with the line that is expected. Confined to one event loop.
 */
final class HealthCheck {
    private static final int MAX_LINE = 8 * 1024;

    private final EventLoop loop;
    private final Plan plan;
    private final Attempt attempt;
    private volatile boolean isWell = true; // until it is known
    /** Checks in a row that must contradict it before it changes. The first check of all decides, as with HAProxy. */
    private int left = 1;

    private volatile boolean isStopped;
    private Future<?> next;

    /**
     * What is asked.
     *
     * @param interval from the end of one check to the next
     * @param timeout for the answer
     * @param send a line, without its end; empty for nothing
     * @param expect what the first line of the answer begins with; empty for no answer
     * @param rise checks in a row that make it well again
     * @param fall failures in a row that make it ill
     */
    record Plan(Duration interval, Duration timeout, String send, String expect, int rise, int fall) {}

    /** Connects, and opens what has to be opened before anything is said. */
    interface Attempt {
        Future<Channel> connect(EventLoop loop);
    }

    /** @param opening what is said before the plan's line */
    static Attempt attempt(ProxyServer server, Endpoint to, Opening opening) {
        return loop -> {
            Promise<Channel> opened = loop.newPromise();
            server.dialer()
                    .dial(loop, to, address -> server.connector().probe(loop, address), () -> true, cause -> {})
                    .addListener((Future<Channel> connected) -> {
                        if (connected.isSuccess()) {
                            opening.open(connected.getNow(), to).addListener(new PromiseNotifier<>(opened));
                            opened.addListener(done -> closeUnless(done.isSuccess(), connected.getNow()));
                        } else {
                            opened.setFailure(connected.cause());
                        }
                    });
            return opened;
        };
    }

    private static void closeUnless(boolean isOfUse, Channel channel) {
        if (!isOfUse) {
            channel.close();
        }
    }

    private HealthCheck(EventLoop loop, Plan plan, Attempt attempt) {
        this.loop = loop;
        this.plan = plan;
        this.attempt = attempt;
    }

    static HealthCheck start(EventLoop loop, Plan plan, Attempt attempt) {
        HealthCheck check = new HealthCheck(loop, plan, attempt);
        loop.execute(check::run);
        return check;
    }

    /**
     * Another takes its place, and goes on from what this one has found. Any thread.
     *
     * @return the other one, which has been started
     */
    HealthCheck replace(Plan newPlan, Attempt newAttempt) {
        HealthCheck successor = new HealthCheck(loop, newPlan, newAttempt);
        successor.isWell = isWell; // at once, as clients may come before the loop gets to it
        stop();
        loop.execute(() -> {
            successor.isWell = isWell;
            successor.left = Math.min(left, successor.patience());
            successor.run();
        });
        return successor;
    }

    boolean isWell() {
        return isWell;
    }

    /** What it has found is not looked at any more. Any thread. */
    void stop() {
        isStopped = true;
        loop.execute(() -> {
            if (next != null) {
                next.cancel(false);
            }
        });
    }

    private void run() {
        Promise<Void> answered = loop.newPromise();
        attempt.connect(loop).addListener((Future<Channel> connected) -> {
            if (connected.isSuccess()) {
                ask(connected.getNow(), answered);
            } else {
                answered.tryFailure(connected.cause());
            }
        });
        answered.addListener(done -> {
            found(done.isSuccess());
            if (!isStopped && !loop.isShuttingDown()) {
                next = loop.schedule(this::run, plan.interval.toMillis(), TimeUnit.MILLISECONDS);
            }
        });
    }

    private void found(boolean well) {
        if (well != isWell && --left > 0) {
            return;
        }
        isWell = well;
        left = patience();
    }

    private int patience() {
        return isWell ? plan.fall : plan.rise;
    }

    private void ask(Channel upstream, Promise<Void> answered) {
        answered.addListener(done -> upstream.close());
        if (!plan.send.isEmpty()) {
            upstream.writeAndFlush(
                            upstream.alloc().buffer().writeBytes((plan.send + "\r\n").getBytes(StandardCharsets.UTF_8)))
                    .addListener((ChannelFutureListener) sent -> {
                        if (!sent.isSuccess()) {
                            answered.tryFailure(sent.cause());
                        }
                    });
        }
        if (plan.expect.isEmpty()) {
            answered.trySuccess(null);
            return;
        }
        upstream.pipeline()
                .addLast(new LineBasedFrameDecoder(MAX_LINE), new StringDecoder(StandardCharsets.UTF_8))
                .addLast(new Expectation(answered));
        upstream.config().setAutoRead(true);
        if (!plan.timeout.isZero()) { // which is for ever
            Future<?> timer = loop.schedule(
                    () -> answered.tryFailure(new TimeoutException("no answer")),
                    plan.timeout.toMillis(),
                    TimeUnit.MILLISECONDS);
            answered.addListener(done -> timer.cancel(false));
        }
    }

    private final class Expectation extends SimpleChannelInboundHandler<String> {
        private final Promise<Void> answered;

        Expectation(Promise<Void> answered) {
            this.answered = answered;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, String line) {
            if (line.startsWith(plan.expect)) {
                answered.trySuccess(null);
            } else {
                answered.tryFailure(new IllegalStateException("it answers " + line));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            answered.tryFailure(new ClosedChannelException());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            answered.tryFailure(cause);
        }
    }
}
