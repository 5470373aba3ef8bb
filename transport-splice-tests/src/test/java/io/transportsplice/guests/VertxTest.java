package io.transportsplice.guests;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.concurrent.TimeUnit;

/** Vert.x hands the messages on as they are by {@code messageHandler} and {@code writeMessage} of its internal interface. */
class VertxTest extends GuestContract {
    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));

    @Override
    int start(int backendPort) throws Exception {
        NetClient client = vertx.createNetClient();
        NetServer server = vertx.createNetServer().connectHandler(socket -> {
            Half front = new Half(socket);
            client.connect(backendPort, HOST)
                    .onSuccess(connected -> front.join(new Half(connected)))
                    .onFailure(cause -> socket.close());
        });
        return await(server.listen(0, HOST)).actualPort();
    }

    /**
     * One of the two sockets. It takes messages from its first moment on: what came before, though it was paused, would be
     * queued as Vert.x's own buffers.
     */
    private static final class Half {
        private final NetSocketInternal socket;
        private NetSocketInternal to;

        Half(NetSocket opened) {
            socket = (NetSocketInternal) opened;
            socket.pause();
            socket.messageHandler(this::pass);
            socket.closeHandler(this::closed);
            socket.channelHandlerContext().pipeline().addFirst(handler());
        }

        void join(Half other) {
            to = other.socket;
            other.to = socket;
            socket.resume();
            to.resume();
        }

        private void pass(Object message) {
            to.writeMessage(message);
            if (to.writeQueueFull()) {
                socket.pause();
                to.drainHandler(drained -> socket.resume());
            }
        }

        private void closed(Void ignored) {
            if (to != null) {
                to.close();
            }
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Override
    void stop() throws Exception {
        await(vertx.close());
    }

    @Override
    long splicedOf(long bytes) {
        return bytes / 10 * 9;
    }
}
