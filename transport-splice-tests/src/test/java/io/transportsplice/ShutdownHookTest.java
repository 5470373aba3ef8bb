// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Rig;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A shutdown hook delays the end of an idle loop by its quiet period: there is one while it is needed. */
@ExtendWith(Baseline.class)
class ShutdownHookTest {
    private final Set<Runnable> hooks = ConcurrentHashMap.newKeySet();
    private final MultiThreadIoEventLoopGroup group = new Watched(EpollIoHandler.newFactory());

    @Test
    void shouldBeThereForAsLongAsThereAreChannels() throws Exception {
        try {
            IoEventLoop loop = EpollSplice.wrap(group).next();
            Channel server = register(loop, new EpollServerSocketChannel());
            Channel other = register(loop, new EpollSocketChannel());
            assertEquals(1, hooks.size());
            close(server);
            assertEquals(1, hooks.size());
            close(other);
            assertEquals(Set.of(), hooks);
            close(register(loop, new EpollSocketChannel()));
            assertEquals(Set.of(), hooks);
        } finally {
            LoopGroups.end(group);
        }
    }

    private static Channel register(IoEventLoop loop, Channel channel) throws Exception {
        ChannelPromise registered = channel.newPromise();
        channel.unsafe().register(loop, registered);
        Rig.await(registered);
        return channel;
    }

    private static void close(Channel channel) throws Exception {
        Rig.await(channel.close());
        Rig.await(channel.eventLoop().submit(() -> {})); // it deregisters by a task
    }

    private final class Watched extends MultiThreadIoEventLoopGroup {
        Watched(IoHandlerFactory factory) {
            super(1, factory);
        }

        @Override
        protected IoEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... args) {
            return new SingleThreadIoEventLoop(this, executor, factory) {
                @Override
                public void addShutdownHook(Runnable hook) {
                    super.addShutdownHook(hook);
                    hooks.add(hook);
                }

                @Override
                public void removeShutdownHook(Runnable hook) {
                    super.removeShutdownHook(hook);
                    hooks.remove(hook);
                }
            };
        }
    }
}
