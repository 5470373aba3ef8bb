// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.transportsplice.relay.RelayHandler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * What a client has asked, and how that ends: puts HTTP before the relay of both channels, and takes it away again if they
 * switch to another protocol. The client is answered in the order of its requests, each once: by the upstream, or, where
 * that is impossible, for the last time, here. Confined to the event loop that the two have in common.
 */
final class HttpExchanges {
    /** A request that has been passed on, as far as its answer depends on it. */
    record Asked(HttpMethod method, boolean forUpgrade) {}

    private final Channel client;
    private final ProxyCounters counters;
    private final HttpRequests requests;
    private final HttpResponses responses = new HttpResponses(this);
    private Channel upstream;

    private final Queue<Asked> unanswered = new ArrayDeque<>();
    /** Why the client will be heard no more, once it is time to tell it; {@code null} before. */
    private HttpResponseStatus refusal;

    private Refusal reason;
    /** What the client still sends is nothing to the upstream. */
    private boolean isDeaf;

    private boolean isSwitched;
    /** The client has said that it asks no more. */
    private boolean hasAskedItsLast;
    /** The client is to go once it has its answers. */
    private boolean isDraining;
    /** Nothing is passed on any more. */
    private boolean isOver;

    /** @param connect called when the first request has come: is to call {@link #connected} or {@link #cannotConnect} */
    HttpExchanges(
            Channel client,
            ProxyCounters counters,
            HttpForwarding forwarding,
            Duration headTimeout,
            Consumer<HttpExchanges> connect) {
        this.client = client;
        this.counters = counters;
        requests = new HttpRequests(this, forwarding, headTimeout, () -> connect.accept(this));
        Session.of(client).wireBytes().ifPresent(bytes -> PipelineRelay.insert(client, bytes));
        PipelineRelay.insert(client, new HttpResponseEncoder(), requests.decoder(), requests);
    }

    /** Whether the connection is of use; else there is nobody any more to join it to. */
    boolean connected(Channel connection) {
        if (isOver || !client.isActive()) {
            return false;
        }
        upstream = connection;
        HttpResponseDecoder decoder =
                new HttpCodec.ResponseDecoder(() -> unanswered.isEmpty() ? null : unanswered.peek().method);
        PipelineRelay.insert(upstream, new HttpCodec.RequestEncoder(), decoder, responses);
        return true;
    }

    void cannotConnect(Throwable cause) {
        if (!isOver) {
            counters.refused(client, Refusal.NO_UPSTREAM);
            end(HttpAnswer.cannotConnect(cause));
        }
    }

    // What the client does.

    void asked(HttpRequest request) {
        unanswered.add(new Asked(request.method(), HttpHop.isUpgrade(request)));
        hasAskedItsLast |= !HttpUtil.isKeepAlive(request);
        isDraining |= hasAskedItsLast;
    }

    /** Not to a request behind the one or the answer that is said to be the last: RFC 9112, section 9.6. */
    boolean listensTo(HttpObject message) {
        boolean isTooMuch = message instanceof HttpRequest && (hasAskedItsLast || responses.isLast());
        isDeaf |= isOver || refusal != null || isTooMuch;
        return !isDeaf;
    }

    void requestEnded() {
        if (isSwitched) {
            switchRequests();
        } else {
            leaveIfDone();
        }
    }

    void refuse(HttpResponseStatus status, Refusal why) {
        if (refusal == null) { // what follows what was wrong is nothing
            refusal = status;
            reason = why;
        }
        refuseInTurn();
    }

    /** Answers before have to go out first, or this one would be taken for one of them. */
    private void refuseInTurn() {
        int itself = requests.isInside() ? 1 : 0; // it was passed on before its body went wrong
        if (refusal == null || isOver || unanswered.size() > itself) {
            return;
        }
        if (responses.isInside() || isSwitched) {
            RelayHandler.reset(client);
        } else if (unanswered.size() < itself || responses.isLast()) {
            end(Unpooled.EMPTY_BUFFER); // it has been answered without its body, or nothing may follow
        } else {
            counters.refused(client, reason);
            end(HttpAnswer.of(refusal));
        }
    }

    // What the upstream does.

    /** What is to be answered next; {@code null} if there is nothing. */
    Asked next() {
        return unanswered.peek();
    }

    boolean isWaiting() {
        return client.isActive() && !unanswered.isEmpty();
    }

    /** What the client has sent behind the request for it has been taken for HTTP already. */
    boolean maySwitch() {
        return unanswered.element().forUpgrade && unanswered.size() == 1;
    }

    /** Whether the client is to go behind what is answered next. */
    boolean isNextTheLast() {
        return isDraining && unanswered.size() == 1;
    }

    void answered(boolean bySwitch) {
        unanswered.remove();
        if (bySwitch) {
            switchProtocol();
        }
        refuseInTurn();
        leaveIfDone();
    }

    /** The answer that is due will not come, or not to its end. */
    void fail(String why) {
        if (responses.isInside()) {
            RelayHandler.reset(upstream); // and so the client, behind what it has got
        } else if (unanswered.isEmpty()) {
            endSilently(); // one more would be taken for the answer to what the client asks next
        } else {
            end(HttpAnswer.of(HttpResponseStatus.BAD_GATEWAY, why));
        }
    }

    /** The upstream has answered for the last time and does not want what the client still sends, or answers unasked. */
    void endSilently() {
        if (!isOver) {
            end(Unpooled.EMPTY_BUFFER);
        }
    }

    // Another protocol.

    /** The client goes on with HTTP until its request is complete: RFC 9110, section 7.8. */
    private void switchProtocol() {
        isSwitched = true;
        client.pipeline().remove(HttpResponseEncoder.class);
        upstream.pipeline().remove(responses);
        if (!requests.isInside()) {
            switchRequests();
        }
        upstream.pipeline().remove(HttpResponseDecoder.class); // hands on what it has read of the other protocol
    }

    private void switchRequests() {
        upstream.pipeline().remove(HttpRequestEncoder.class);
        client.pipeline().remove(requests);
        client.pipeline().remove(HttpRequestDecoder.class); // hands on what it has read of the other protocol
    }

    // The end.

    boolean isOver() {
        return isOver;
    }

    /** The proxy is to end: the client goes at once if it only keeps its connection alive, else behind its answers. */
    void drain() {
        isDraining = true;
        leaveIfDone();
    }

    private void leaveIfDone() {
        // The end of one that ends with its connection is the relay's to tell.
        boolean isAnswered = (unanswered.isEmpty() || responses.areComplete()) && !responses.endWithConnection();
        if (!isDraining || isOver || isSwitched || !isAnswered || requests.isInside()) {
            return;
        }
        sayLast(Unpooled.EMPTY_BUFFER); // behind what is still being written
        if (upstream != null) {
            upstream.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void end(HttpAnswer answer) {
        Asked asked = unanswered.peek();
        end(answer.to(asked == null ? requests.method() : asked.method));
    }

    /** @param answer an empty buffer if there is nothing to say */
    private void end(Object answer) {
        sayLast(answer);
        if (upstream != null) {
            RelayHandler.reset(upstream);
        }
    }

    private void sayLast(Object answer) {
        isOver = true;
        if (client.isActive()) {
            LastWords.say(client, answer);
        }
    }
}
