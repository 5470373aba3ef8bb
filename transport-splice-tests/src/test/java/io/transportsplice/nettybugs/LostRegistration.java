// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.Received;

/** The peer has ended its stream, and gets a long answer: once Netty must wait for room, the channel is closed. */
final class LostRegistration implements NettyBug.Program {
    private static final int ANSWER = 4 * 1024 * 1024;

    @Override
    public NettyBug.Sighting run() throws Exception {
        try (Stage stage = new Stage(true);
                Peer peer = stage.connect()) {
            Witness witness = stage.witness();
            witness.channel().read();
            peer.halfClose();
            Await.until("the end is told", witness::sawEnd);
            Pattern pattern = new Pattern(1);
            ChannelFuture written = witness.channel()
                    .writeAndFlush(Unpooled.wrappedBuffer(pattern.bytes(0, ANSWER)))
                    .addListener(done -> witness.channel().close());
            Received received = peer.receiveToEnd(pattern, 0);
            Await.until("written or not", written::isDone);
            return new NettyBug.Sighting(
                    received.bytes() < ANSWER,
                    received.bytes() + " of " + ANSWER + " bytes arrive, the write "
                            + (written.isSuccess() ? "succeeds" : "fails: " + written.cause())
                            + ", exceptionCaught: " + witness.failure());
        }
    }
}
