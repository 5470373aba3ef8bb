// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Peer;
import java.util.ArrayList;
import java.util.List;

/**
 * Within one batch of events a channel is closed, and another one, which gets the number of its descriptor, connects. Then
 * comes what epoll had to say of the closed one: that its peer has ended its stream. The new one takes it for its own.
 */
final class StaleEvents implements NettyBug.Program {
    private final List<EpollSocketChannel> others = new ArrayList<>();

    @Override
    public NettyBug.Sighting run() throws Exception {
        try (Stage stage = new Stage(false);
                Backend backend = Backend.open(Family.TCP, 0);
                Peer first = stage.connect()) {
            Witness trigger = stage.witness();
            trigger.channel().read();
            try (Peer second = stage.connect()) {
                Channel closed = stage.witness().channel();
                Witness fresh = new Witness(active -> {});
                Channel[] connecting = new Channel[1];
                trigger.whenRead(() -> connecting[0] = replace(closed, backend, fresh));
                LoopHold.whileHeld(stage.loop(), () -> {
                    first.send((byte) 1);
                    second.halfClose();
                });
                Await.until("connecting", () -> trigger.bytes() == 1);
                return look(stage, backend, connecting, fresh);
            } finally {
                others.forEach(other -> other.unsafe().closeForcibly());
            }
        }
    }

    private Channel replace(Channel closed, Backend backend, Witness fresh) {
        int number = ((EpollSocketChannel) closed).fd().intValue();
        closed.unsafe().close(closed.unsafe().voidPromise());
        return new Bootstrap()
                .group(closed.eventLoop())
                .channelFactory(() -> withNumber(number))
                .option(ChannelOption.AUTO_READ, false)
                .handler(fresh)
                .connect(backend.address())
                .channel();
    }

    private EpollSocketChannel withNumber(int number) {
        EpollSocketChannel channel = new EpollSocketChannel();
        while (channel.fd().intValue() != number) {
            others.add(channel);
            channel = new EpollSocketChannel();
        }
        return channel;
    }

    private static NettyBug.Sighting look(Stage stage, Backend backend, Channel[] connecting, Witness fresh)
            throws Exception {
        stage.loop().submit(() -> {}).sync(); // behind the batch
        Channel channel = connecting[0];
        if (!channel.isOpen()) {
            return new NettyBug.Sighting(true, "the new channel is closed while it connects");
        }
        try (Peer peer = backend.accept()) {
            channel.read();
            stage.loop().submit(() -> {}).sync();
            peer.send((byte) 1);
            Await.until("a byte or a failure", () -> fresh.bytes() == 1 || !channel.isOpen());
            boolean there = fresh.bytes() == 0;
            return new NettyBug.Sighting(there, there ? "the new channel fails: " + fresh.failure() : "a byte arrives");
        }
    }
}
