package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.relay.RelayHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * The requests and responses of a client and its upstream: puts HTTP before the relay of both channels, and takes it away
 * again if they switch to another protocol. The client is answered in the order of its requests, each once: by the upstream,
 * or, where that is impossible, for the last time, here. Confined to the event loop that the two have in common.
 */
final class HttpExchanges {
    private static final String FORWARDED_FOR = "X-Forwarded-For";
    /** A body's piece is as large as a pipe may be, so that the decoder passes it on whole, without a look. */
    private static final HttpDecoderConfig CONFIG = new HttpDecoderConfig()
            .setMaxHeaderSize(64 * 1024)
            .setMaxInitialLineLength(64 * 1024)
            .setMaxChunkSize(1024 * 1024);

    /** A request that has been passed on, as far as its answer depends on it. */
    private record Asked(HttpMethod method, boolean forUpgrade, boolean byOldClient) {
        static Asked by(HttpRequest request) {
            boolean isOld = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
            return new Asked(request.method(), HttpHop.isUpgrade(request), isOld);
        }
    }

    private final Channel client;
    private final Consumer<HttpExchanges> connect;
    private final Requests requests = new Requests();
    private final Responses responses = new Responses();
    private Channel upstream;

    private final Queue<Asked> unanswered = new ArrayDeque<>();
    /** Why the client will be heard no more, once it is time to tell it; {@code null} before. */
    private HttpResponseStatus refusal;
    /** Nothing is passed on any more. */
    private boolean isOver;

    /** @param connect called when the first request has come: is to call {@link #connected} or {@link #cannotConnect} */
    HttpExchanges(Channel client, Consumer<HttpExchanges> connect) {
        this.client = client;
        this.connect = connect;
        insert(client, new HttpResponseEncoder(), new HttpRequestDecoder(CONFIG), requests);
    }

    void connected(Channel connection) {
        upstream = connection;
        insert(upstream, new RequestEncoder(), new ResponseDecoder(), responses);
    }

    void cannotConnect(Throwable cause) {
        end(HttpAnswer.cannotConnect(cause));
    }

    private static void insert(Channel channel, ChannelHandler... http) {
        String relay = channel.pipeline().context(RelayHandler.class).name();
        for (ChannelHandler handler : http) {
            channel.pipeline().addBefore(relay, null, handler);
        }
    }

    // The end.

    private void end(HttpAnswer answer) {
        Asked asked = unanswered.peek();
        HttpMethod method = asked == null ? requests.method : asked.method;
        end(answer.to(method));
    }

    /** @param answer an empty buffer if there is nothing to say */
    private void end(Object answer) {
        isOver = true;
        if (client.isActive()) {
            LastWords.say(client, answer);
        }
        if (upstream != null) {
            RelayHandler.reset(upstream);
        }
    }

    private void refuse(HttpResponseStatus status) {
        refusal = status;
        refuseInTurn();
    }

    /** Answers before have to go out first, or this one would be taken for one of them. */
    private void refuseInTurn() {
        int itself = requests.isInside ? 1 : 0; // it was passed on before its body went wrong
        if (refusal == null || isOver || unanswered.size() > itself) {
            return;
        }
        if (responses.isInside || responses.isSwitched) {
            RelayHandler.reset(client);
        } else if (unanswered.size() < itself) { // it has been answered without its body
            end(Unpooled.EMPTY_BUFFER);
        } else {
            end(HttpAnswer.of(refusal));
        }
    }

    // From the client.

    private final class Requests extends ChannelInboundHandlerAdapter {
        private boolean hasAsked;
        /** Between a head and the end of its message. */
        private boolean isInside;

        private HttpMethod method = HttpMethod.GET;
        private HttpHop hop;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.fireChannelActive();
            ctx.read(); // the relay reads nothing before it is joined
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.fireChannelReadComplete();
            if (!hasAsked && !isOver) {
                ctx.read();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == ChannelInputShutdownReadComplete.INSTANCE && !hasAsked && !isOver) {
                ctx.close();
            } else {
                ctx.fireUserEventTriggered(event);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (refusal != null || isOver) {
                ReferenceCountUtil.release(message);
                return;
            }
            HttpResponseStatus status = refusal((HttpObject) message);
            if (status != null) {
                ReferenceCountUtil.release(message);
                refuse(status);
                return;
            }
            isInside = !(message instanceof LastHttpContent);
            ctx.fireChannelRead(message);
            if (!isInside && responses.isSwitched) {
                switchProtocol();
            } else if (!hasAsked) {
                hasAsked = true;
                connect.accept(HttpExchanges.this);
            }
        }

        /** {@code null} if it is good, and ready to be passed on. */
        private HttpResponseStatus refusal(HttpObject message) {
            if (message instanceof HttpRequest request) {
                return head(request);
            }
            if (message.decoderResult().isFailure()) {
                return HttpRules.undecodable(message);
            }
            if (message instanceof LastHttpContent last) {
                hop.clean(last.trailingHeaders());
            }
            return null;
        }

        private HttpResponseStatus head(HttpRequest request) {
            method = request.method();
            HttpResponseStatus status = HttpRules.refusal(request);
            if (status != null) {
                return status;
            }
            if (method.equals(HttpMethod.CONNECT)) {
                return HttpResponseStatus.METHOD_NOT_ALLOWED;
            }
            unanswered.add(Asked.by(request));
            HttpRules.makeOriginForm(request);
            hop = HttpHop.pass(request);
            if (client.remoteAddress() instanceof InetSocketAddress address) {
                request.headers().add(FORWARDED_FOR, address.getAddress().getHostAddress());
            }
            return null;
        }

        private void switchProtocol() {
            upstream.pipeline().remove(HttpRequestEncoder.class);
            client.pipeline().remove(this);
            client.pipeline().remove(HttpRequestDecoder.class); // hands on what it has read of the other protocol
        }
    }

    /** Writes the bytes of a target as they came. Netty's own would change those beyond ASCII, and some without a path. */
    private static final class RequestEncoder extends HttpRequestEncoder {
        @Override
        protected void encodeInitialLine(ByteBuf out, HttpRequest request) {
            String line = request.method() + " " + request.uri() + " " + request.protocolVersion() + "\r\n";
            out.writeCharSequence(line, StandardCharsets.ISO_8859_1);
        }
    }

    // From the upstream.

    private static boolean isInterim(HttpResponse response) {
        return response.status().codeClass() == HttpStatusClass.INFORMATIONAL && !isSwitch(response);
    }

    private static boolean isSwitch(HttpResponse response) {
        return response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
    }

    private final class ResponseDecoder extends HttpResponseDecoder {
        ResponseDecoder() {
            super(CONFIG);
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            HttpResponse response = (HttpResponse) message;
            boolean isToHead = !unanswered.isEmpty() && unanswered.peek().method.equals(HttpMethod.HEAD);
            return isSwitch(response) || super.isContentAlwaysEmpty(response) || (isToHead && !isInterim(response));
        }
    }

    private final class Responses extends ChannelInboundHandlerAdapter {
        private boolean isSwitched;
        /** Between the head of a final response and its end. */
        private boolean isInside;
        /** The connection ends with this response, or the last. */
        private boolean isLast;

        private HttpResponse head;
        private HttpHop hop;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (isOver) {
                ReferenceCountUtil.release(message);
            } else if (((HttpObject) message).decoderResult().isFailure()) {
                ReferenceCountUtil.release(message);
                fail("the upstream's answer is no HTTP/1.1");
            } else if (message instanceof HttpResponse response) {
                begin(ctx, response);
            } else {
                content(ctx, (HttpContent) message);
            }
        }

        private void begin(ChannelHandlerContext ctx, HttpResponse response) {
            Asked asked = unanswered.peek();
            if (asked == null || isLast) { // nobody has asked: RFC 9112, section 9.2
                end(Unpooled.EMPTY_BUFFER);
            } else if (!HttpRules.isAnswer(response) || (isSwitch(response) && !maySwitch(asked))) {
                fail("the upstream's answer is no HTTP/1.1, or no answer");
            } else {
                head = response;
                isInside = !isInterim(response);
                isLast = isInside && !isSwitch(response) && isLast(asked, response);
                hop = HttpHop.pass(response);
                ctx.fireChannelRead(response);
            }
        }

        /** What the client has sent behind the request for it has been taken for HTTP already. */
        private boolean maySwitch(Asked asked) {
            return asked.forUpgrade && unanswered.size() == 1;
        }

        /** Says so, too, where only the end of the connection will tell the end of the message. */
        private boolean isLast(Asked asked, HttpResponse response) {
            if (!HttpUtil.isKeepAlive(response)) {
                return true;
            }
            boolean isDelimited = asked.method.equals(HttpMethod.HEAD)
                    || HttpUtil.isContentLengthSet(response)
                    || HttpUtil.isTransferEncodingChunked(response)
                    || response.status().equals(HttpResponseStatus.NO_CONTENT)
                    || response.status().equals(HttpResponseStatus.NOT_MODIFIED);
            if (!isDelimited) {
                HttpUtil.setKeepAlive(response, false);
            }
            return !isDelimited;
        }

        private void content(ChannelHandlerContext ctx, HttpContent content) {
            if (!(content instanceof LastHttpContent last)) {
                ctx.fireChannelRead(content);
                return;
            }
            hop.clean(last.trailingHeaders());
            ctx.fireChannelRead(last);
            if (isInside) {
                isInside = false;
                unanswered.remove();
                if (isSwitch(head)) {
                    switchProtocol();
                }
                refuseInTurn();
            }
        }

        /** The client goes on with HTTP until its request is complete: RFC 9110, section 7.8. */
        private void switchProtocol() {
            isSwitched = true;
            client.pipeline().remove(HttpResponseEncoder.class);
            upstream.pipeline().remove(this);
            if (!requests.isInside) {
                requests.switchProtocol();
            }
            upstream.pipeline().remove(HttpResponseDecoder.class); // hands on what it has read of the other protocol
        }

        private void fail(String why) {
            if (isInside) {
                RelayHandler.reset(upstream); // and so the client, behind what it has got
            } else {
                end(HttpAnswer.of(HttpResponseStatus.BAD_GATEWAY, why));
            }
        }

        /** Whether the upstream cannot end without harm: in an answer, or before one that the client waits for. */
        private boolean isOwing() {
            return client.isActive() && (isInside || (!isLast && !unanswered.isEmpty()));
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (isOver) {
                return;
            }
            if (event == ChannelInputShutdownReadComplete.INSTANCE && isOwing()) {
                fail("the upstream has closed the connection");
            } else {
                ctx.fireUserEventTriggered(event);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!isOver && isOwing() && !isInside) {
                fail("the upstream has broken the connection");
            } else if (!isOver) {
                ctx.fireExceptionCaught(cause);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (!isOver && isOwing() && !isInside) {
                fail("the connection to the upstream is closed");
            } else if (!isOver) {
                ctx.fireChannelInactive(); // it would reset the client
            }
        }
    }
}
