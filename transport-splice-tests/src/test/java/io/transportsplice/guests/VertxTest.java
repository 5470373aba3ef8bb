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
        NetServer server = vertx.createNetServer().connectHandler(front -> {
            front.pause();
            client.connect(backendPort, HOST)
                    .onSuccess(back -> join((NetSocketInternal) front, (NetSocketInternal) back))
                    .onFailure(cause -> front.close());
        });
        return await(server.listen(0, HOST)).actualPort();
    }

    private static void join(NetSocketInternal front, NetSocketInternal back) {
        for (NetSocketInternal socket : new NetSocketInternal[] {front, back}) {
            socket.pause();
            socket.channelHandlerContext().pipeline().addFirst(handler());
        }
        pass(front, back);
        pass(back, front);
        front.resume();
        back.resume();
    }

    private static void pass(NetSocketInternal from, NetSocketInternal to) {
        from.messageHandler(message -> {
            to.writeMessage(message);
            if (to.writeQueueFull()) {
                from.pause();
                to.drainHandler(drained -> from.resume());
            }
        });
        from.closeHandler(closed -> close(to));
    }

    private static void close(NetSocket socket) {
        socket.close();
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
