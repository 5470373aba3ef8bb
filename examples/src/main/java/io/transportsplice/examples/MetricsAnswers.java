// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;
import static io.netty.handler.codec.http.HttpHeaderNames.CACHE_CONTROL;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Answers a client of {@link MetricsServer}: {@code /metrics} for Prometheus, {@code /}, a page that shows them live, and
 * what tells a load balancer of it: {@code /healthz}, that it lives, {@code /readyz}, that it is to get new clients.
 *
 * <p>An answer is made when its client has taken the one before, and nothing more is read until all that was asked is
 * answered: a client that asks without end and reads nothing costs one answer. Auto-read has to be off. On the channel's
 * event loop.
 */
final class MetricsAnswers extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final String PAGE = "metrics.html";
    /** The text format that the registry writes unless it is told to. */
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final String PLAIN = "text/plain; charset=utf-8";

    private final Supplier<String> scrape;
    private final BooleanSupplier ready;
    private final byte[] page;
    /** As many as one read brings, and as Netty's codec lets go unanswered. */
    private final Queue<Supplier<FullHttpResponse>> waiting = new ArrayDeque<>();

    /** More of what was read may come up. */
    private boolean reading;

    private boolean answering;
    private boolean inputEnded;

    MetricsAnswers(Supplier<String> scrape, BooleanSupplier ready, byte[] page) {
        this.scrape = scrape;
        this.ready = ready;
        this.page = page;
    }

    static byte[] page() throws IOException {
        try (InputStream in = MetricsAnswers.class.getResourceAsStream(PAGE)) {
            return in.readAllBytes();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.read();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        reading = true;
        waiting.add(answer(request));
        proceed(ctx);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        reading = false;
        proceed(ctx);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            inputEnded = true;
            proceed(ctx);
        }
    }

    private void proceed(ChannelHandlerContext ctx) {
        while (!answering && !waiting.isEmpty()) {
            ChannelFuture taken = ctx.writeAndFlush(waiting.remove().get());
            if (!taken.isDone()) {
                answering = true;
                taken.addListener(done -> {
                    answering = false;
                    proceed(ctx);
                });
            }
        }
        if (answering || reading) {
            return;
        }
        if (inputEnded) {
            ctx.close();
        } else {
            ctx.read();
        }
    }

    /** Makes it when it is its turn. Netty's codec leaves out the body of an answer to HEAD. */
    private Supplier<FullHttpResponse> answer(FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return MetricsAnswers::nonsense;
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            return MetricsAnswers::otherMethod;
        }
        try {
            return switch (new QueryStringDecoder(URI.create(request.uri())).path()) {
                case "/" -> () -> response(HttpResponseStatus.OK, "text/html; charset=utf-8", page);
                case "/metrics" -> () -> response(HttpResponseStatus.OK, METRICS_TYPE, utf8(scrape.get()));
                case "/healthz" -> () -> response(HttpResponseStatus.OK, PLAIN, utf8("alive\n"));
                case "/readyz" -> this::readiness;
                default -> () -> refusal(HttpResponseStatus.NOT_FOUND);
            };
        } catch (IllegalArgumentException e) { // no URI
            return MetricsAnswers::nonsense;
        }
    }

    private FullHttpResponse readiness() {
        return ready.getAsBoolean()
                ? response(HttpResponseStatus.OK, PLAIN, utf8("ready\n"))
                : response(HttpResponseStatus.SERVICE_UNAVAILABLE, PLAIN, utf8("draining\n"));
    }

    private static FullHttpResponse otherMethod() {
        FullHttpResponse refusal = refusal(HttpResponseStatus.METHOD_NOT_ALLOWED);
        refusal.headers().set(ALLOW, "GET, HEAD");
        return refusal;
    }

    private static FullHttpResponse nonsense() {
        FullHttpResponse refusal = refusal(HttpResponseStatus.BAD_REQUEST);
        HttpUtil.setKeepAlive(refusal, false); // nobody knows where the next request begins
        return refusal;
    }

    private static FullHttpResponse refusal(HttpResponseStatus status) {
        return response(status, PLAIN, utf8(status.reasonPhrase() + '\n'));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static FullHttpResponse response(HttpResponseStatus status, String type, byte[] body) {
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers()
                .set(CONTENT_TYPE, type)
                .set(CACHE_CONTROL, "no-store")
                .setInt(CONTENT_LENGTH, body.length);
        return response;
    }

    /** It took too long, or broke off. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
