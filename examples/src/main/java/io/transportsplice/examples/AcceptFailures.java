// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Counts and tells of failing accepts, out of file descriptors for one. Netty's acceptor, in front of this handler, has by
 * then stopped accepting for a second, so this neither spins nor ends the proxy.
 */
@Sharable
final class AcceptFailures extends ChannelInboundHandlerAdapter {
    private final ProxyCounters counters;
    private final Complaint complaint;

    AcceptFailures(ProxyCounters counters, Complaint complaint) {
        this.counters = counters;
        this.complaint = complaint;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        counters.acceptFailed(AcceptFailure.of(cause));
        complaint.about(cause);
    }
}
