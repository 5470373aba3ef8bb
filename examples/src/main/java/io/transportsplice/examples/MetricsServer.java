package io.transportsplice.examples;

import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;
import static io.netty.handler.codec.http.HttpHeaderNames.CACHE_CONTROL;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.transportsplice.SpliceMetrics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Serves {@code /metrics} for Prometheus, and {@code /}, a page that shows them live. */
final class MetricsServer {
    private static final int MAX_REQUEST = 8 * 1024;
    private static final int IDLE_SECONDS = 60;
    private static final String PAGE = "metrics.html";

    private MetricsServer() {}

    static Channel start(Endpoint listen, EventLoopGroup group, ProxyCounters counters) throws IOException {
        byte[] page = page();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(listen.serverChannelType())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new ReadTimeoutHandler(IDLE_SECONDS),
                                        new HttpServerCodec(),
                                        new HttpServerKeepAliveHandler(),
                                        new HttpObjectAggregator(MAX_REQUEST),
                                        new Answer(counters, page));
                    }
                });
        return ProxyServer.bind(bootstrap, listen.address());
    }

    private static byte[] page() throws IOException {
        try (InputStream in = MetricsServer.class.getResourceAsStream(PAGE)) {
            return in.readAllBytes();
        }
    }

    private static final class Answer extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final ProxyCounters counters;
        private final byte[] page;

        Answer(ProxyCounters counters, byte[] page) {
            this.counters = counters;
            this.page = page;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            ctx.writeAndFlush(answer(request));
        }

        private FullHttpResponse answer(FullHttpRequest request) {
            if (request.decoderResult().isFailure()) {
                return response(HttpResponseStatus.BAD_REQUEST, "text/plain", new byte[0]);
            }
            if (!request.method().equals(HttpMethod.GET)) {
                FullHttpResponse response = response(HttpResponseStatus.METHOD_NOT_ALLOWED, "text/plain", new byte[0]);
                response.headers().set(ALLOW, "GET");
                return response;
            }
            return switch (new QueryStringDecoder(request.uri()).path()) {
                case "/" -> response(HttpResponseStatus.OK, "text/html; charset=utf-8", page);
                case "/metrics" -> response(HttpResponseStatus.OK, PrometheusText.CONTENT_TYPE, metrics());
                default -> response(HttpResponseStatus.NOT_FOUND, "text/plain", new byte[0]);
            };
        }

        private byte[] metrics() {
            PrometheusText text = new PrometheusText();
            counters.describe(text);
            text.describe(SpliceMetrics.snapshot());
            return text.toString().getBytes(StandardCharsets.UTF_8);
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

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
