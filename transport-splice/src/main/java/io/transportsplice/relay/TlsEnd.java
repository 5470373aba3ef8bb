// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslClientHelloHandler;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/** How a stream ends through TLS: by a {@code close_notify}, before TCP's FIN. On the event loop of the channel. */
final class TlsEnd {

    private TlsEnd() {}

    /** Whether an input that has ended lacks its {@code close_notify}: somebody may have cut it (RFC 8446, 6.1). */
    static boolean isTruncated(Channel channel) {
        SslHandler innermost = insideOut(channel).peek();
        return innermost == null
                ? channel.pipeline().context(SslClientHelloHandler.class) != null // TLS is still to come
                : !hasEnded(innermost);
    }

    /** Whether a {@code close_notify} has come. */
    static boolean hasCome(Channel channel) {
        return insideOut(channel).stream().anyMatch(TlsEnd::hasEnded);
    }

    /** With OpenSSL Netty tells of an end also when something comes behind our own {@code close_notify}. */
    private static boolean hasEnded(SslHandler tls) {
        return tls.sslCloseFuture().isSuccess() && tls.engine().isInboundDone();
    }

    /** Whether what is written goes through TLS. Any thread. */
    static boolean isBefore(Channel channel) {
        return channel.pipeline().context(SslHandler.class) != null;
    }

    /**
     * Ends TLS's output, after all that was written, and after a handshake that is under way, which a {@code close_notify}
     * within would break. Done when that is written, at once where there is no TLS.
     */
    static ChannelFuture closeNotify(Channel channel) {
        Deque<SslHandler> rest = insideOut(channel);
        if (rest.isEmpty()) {
            return channel.newSucceededFuture();
        }
        ChannelPromise told = channel.newPromise();
        rest.peek().handshakeFuture().addListener(shaken -> {
            if (!shaken.isSuccess()) {
                told.tryFailure(shaken.cause());
                return;
            }
            while (rest.size() > 1) {
                rest.poll().closeOutbound();
            }
            rest.poll().closeOutbound(told);
        });
        return told;
    }

    /** TLS may go through TLS. */
    private static Deque<SslHandler> insideOut(Channel channel) {
        Deque<SslHandler> found = new ArrayDeque<>(2);
        if (!isBefore(channel)) {
            return found; // without the pipeline's map, which costs every end of every stream
        }
        for (Map.Entry<String, ChannelHandler> entry : channel.pipeline()) {
            if (entry.getValue() instanceof SslHandler tls) {
                found.push(tls);
            }
        }
        return found;
    }
}
