package io.transportsplice.examples;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpObjectDecoder;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.relay.RelayHandler;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The requests and responses of a client and its upstream: puts HTTP before the relay of both channels, and takes it away
 * again if they switch to another protocol. Confined to the event loop that the two have in common.
 */
final class HttpExchanges {
    private static final String FORWARDED_FOR = "X-Forwarded-For";
    /** A body's piece is as large as a pipe may be, so that the decoder passes it on whole, without a look. */
    private static final HttpDecoderConfig CONFIG = new HttpDecoderConfig()
            .setMaxHeaderSize(64 * 1024)
            .setMaxInitialLineLength(64 * 1024)
            .setMaxChunkSize(1024 * 1024);

    private final Channel client;
    private Channel upstream;
    /** The methods of the requests that are not answered yet: an answer to HEAD has no body. */
    private final Queue<HttpMethod> unanswered = new ArrayDeque<>();

    HttpExchanges(Channel client) {
        this.client = client;
        insert(client, new HttpResponseEncoder(), new HttpRequestDecoder(CONFIG), new Requests());
    }

    void connected(Channel connection) {
        upstream = connection;
        insert(upstream, new HttpRequestEncoder(), new ResponseDecoder(), new Responses());
    }

    private static void insert(Channel channel, ChannelHandler... http) {
        String relay = channel.pipeline().context(RelayHandler.class).name();
        for (ChannelHandler handler : http) {
            channel.pipeline().addBefore(relay, null, handler);
        }
    }

    /** Both sides speak another protocol from here on. */
    private void switchProtocols() {
        client.pipeline().remove(HttpResponseEncoder.class);
        upstream.pipeline().remove(HttpRequestEncoder.class);
        // These hand on what they have read of the other protocol.
        client.pipeline().remove(HttpObjectDecoder.class);
        upstream.pipeline().remove(HttpObjectDecoder.class);
    }

    private final class ResponseDecoder extends HttpResponseDecoder {
        ResponseDecoder() {
            super(CONFIG);
        }

        /** Netty asks it once for each head. */
        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            HttpResponseStatus status = ((HttpResponse) message).status();
            boolean isFinal = status.codeClass() != HttpStatusClass.INFORMATIONAL || isSwitch(status);
            HttpMethod method = isFinal ? unanswered.poll() : null;
            return super.isContentAlwaysEmpty(message) || HttpMethod.HEAD.equals(method);
        }
    }

    private static boolean isSwitch(HttpResponseStatus status) {
        return status.equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
    }

    private final class Requests extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpObject object && object.decoderResult().isFailure()) {
                ReferenceCountUtil.release(message);
                refuse(HttpResponseStatus.BAD_REQUEST);
                return;
            }
            if (message instanceof HttpRequest request) {
                if (request.method().equals(HttpMethod.CONNECT)) {
                    refuse(HttpResponseStatus.METHOD_NOT_ALLOWED);
                    return;
                }
                unanswered.add(request.method());
                if (client.remoteAddress() instanceof InetSocketAddress address) {
                    request.headers().add(FORWARDED_FOR, address.getAddress().getHostAddress());
                }
            }
            ctx.fireChannelRead(message);
        }

        private void refuse(HttpResponseStatus status) {
            if (unanswered.isEmpty()) {
                LastWords.say(client, HttpAnswers.of(status, status.reasonPhrase()));
            } else { // an answer now could not be told from another request's
                RelayHandler.reset(client);
            }
        }
    }

    private final class Responses extends ChannelInboundHandlerAdapter {
        private boolean isSwitching;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpObject object && object.decoderResult().isFailure()) {
                ReferenceCountUtil.release(message);
                RelayHandler.reset(upstream); // and so the client, behind what it has got
                return;
            }
            if (message instanceof HttpResponse response) {
                isSwitching = isSwitch(response.status());
            }
            ctx.fireChannelRead(message);
            if (isSwitching && message instanceof LastHttpContent) {
                isSwitching = false;
                switchProtocols();
            }
        }
    }
}
