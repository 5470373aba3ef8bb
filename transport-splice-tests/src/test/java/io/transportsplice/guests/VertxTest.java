// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;

/**
 * Vert.x. Its {@code Buffer}s are its own, in the heap, so by its ordinary interface all is read; what its internal one hands
 * on are Netty's messages.
 */
class VertxTest {

    @Nested
    class ByPipeTest extends Relay {
        @Override
        void pass(NetSocketInternal from, NetSocketInternal to) {
            from.pipeTo(to);
        }

        @Override
        long splicedOf(long bytes) {
            return 0;
        }
    }

    @Nested
    class ByBuffersTest extends Relay {
        @Override
        void pass(NetSocketInternal from, NetSocketInternal to) {
            from.handler(buffer -> {
                to.write(buffer);
                waitIfFull(from, to);
            });
            from.endHandler(ended -> to.end());
            from.resume();
        }

        @Override
        long splicedOf(long bytes) {
            return 0;
        }
    }

    @Nested
    class ByMessagesTest extends Relay {
        private final Map<NetSocketInternal, NetSocketInternal> peers = new ConcurrentHashMap<>();

        /** At once: what came before, though the socket is paused, would be queued as a Buffer. */
        @Override
        void opened(NetSocketInternal socket) {
            socket.messageHandler(message -> {
                NetSocketInternal to = peers.get(socket);
                to.writeMessage(message);
                waitIfFull(socket, to);
            });
        }

        @Override
        void pass(NetSocketInternal from, NetSocketInternal to) {
            peers.put(from, to);
            from.endHandler(ended -> to.end());
            from.resume();
        }

        @Override
        long splicedOf(long bytes) {
            return bytes / 32;
        }
    }

    private static void waitIfFull(NetSocket from, NetSocket to) {
        if (to.writeQueueFull()) {
            from.pause();
            to.drainHandler(drained -> from.resume());
        }
    }

    abstract static class Relay extends GuestContract {
        private final Vertx vertx =
                Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));

        /** All that comes in goes out, and the end, too. The one that it comes from is paused. */
        abstract void pass(NetSocketInternal from, NetSocketInternal to);

        /** It is paused. */
        void opened(NetSocketInternal socket) {}

        @Override
        int start(int backendPort) throws Exception {
            NetClient client = vertx.createNetClient();
            NetServer server = vertx.createNetServer().connectHandler(accepted -> {
                NetSocketInternal front = withHandler(accepted);
                client.connect(backendPort, HOST)
                        .onSuccess(connected -> {
                            NetSocketInternal back = withHandler(connected);
                            pass(front, back);
                            pass(back, front);
                        })
                        .onFailure(cause -> accepted.close());
            });
            return await(server.listen(0, HOST)).actualPort();
        }

        private NetSocketInternal withHandler(NetSocket socket) {
            NetSocketInternal internal = (NetSocketInternal) socket;
            internal.pause();
            internal.channelHandlerContext().pipeline().addFirst(handler());
            opened(internal);
            return internal;
        }

        private static <T> T await(Future<T> future) throws Exception {
            return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }

        @Override
        void stop() throws Exception {
            await(vertx.close());
        }
    }
}
