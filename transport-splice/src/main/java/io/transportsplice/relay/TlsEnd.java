package io.transportsplice.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.Map;

/** How a stream ends through TLS: by a {@code close_notify}, before TCP's FIN. On the event loop of the channel. */
final class TlsEnd {

    private TlsEnd() {}

    /** Whether an input that has ended lacks its {@code close_notify}: somebody may have cut it (RFC 8446, 6.1). */
    static boolean isTruncated(Channel channel) {
        SslHandler tls = innermost(channel);
        return tls != null && !tls.sslCloseFuture().isSuccess();
    }

    /** Ends the output, after all that was written. */
    static void shutdownOutput(Channel channel) {
        SslHandler tls = innermost(channel);
        if (tls == null) {
            ((DuplexChannel) channel).shutdownOutput();
        } else {
            tls.closeOutbound().addListener(sent -> ((DuplexChannel) channel).shutdownOutput());
        }
    }

    /** The one next to the relay, if there is TLS in the pipeline. */
    private static SslHandler innermost(Channel channel) {
        if (channel.pipeline().context(SslHandler.class) == null) {
            return null;
        }
        SslHandler last = null;
        for (Map.Entry<String, ChannelHandler> entry : channel.pipeline()) {
            if (entry.getValue() instanceof SslHandler tls) {
                last = tls;
            }
        }
        return last;
    }
}
