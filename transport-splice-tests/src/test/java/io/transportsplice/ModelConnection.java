// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;

/** A channel of the model with its handlers, its far end, and what users do with it. */
final class ModelConnection {
    private static final int LINGER_SECONDS = 5;

    private final ModelWorld world;
    private final ModelSocket socket;
    private final ModelLife life;
    private final ModelOutlet outlet = new ModelOutlet();
    private boolean closedByUser;
    private boolean unguarded;
    private boolean toggledOutside;
    private boolean lingers;
    private boolean misled;

    ModelConnection(ModelWorld world, int lane, long room) throws IOException {
        this.world = world;
        socket = new ModelSocket(lane, room);
        life = new ModelLife(socket, world.violations());
        world.add(this);
    }

    /** Registers it for the first time. */
    void open(int loop, boolean autoRead, ChannelHandler... users) {
        channel()
                .config()
                .setAutoRead(autoRead)
                .setAllowHalfClosure(world.setup().halfClosure());
        channel().pipeline().addLast(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel opened) {
                opened.pipeline().addLast(newHandler(), life, outlet).addLast(users);
            }
        });
        register(loop, world.setup().place().wrapped());
    }

    private EpollSpliceHandler newHandler() {
        return new EpollSpliceHandler(world.setup().options());
    }

    ModelSocket socket() {
        return socket;
    }

    EpollSocketChannel channel() {
        return socket.channel();
    }

    ModelLife life() {
        return life;
    }

    ModelOutlet outlet() {
        return outlet;
    }

    // What a user does.

    /**
     * Unless it is registered, or about to be: then Netty would do it twice; or about to be closed by another thread: then
     * Netty would be told of its end for as long as that takes.
     */
    void register(int loop, boolean wrapped) {
        if (!channel().isOpen() || lingers || channel().isRegistered() || life.isRegistering()) {
            return;
        }
        life.registering();
        ChannelPromise promise = channel().newPromise();
        ModelLoop to = world.loop(loop);
        channel().unsafe().register(wrapped ? to.view() : to.loop(), promise);
        promise.addListener(done -> {
            if (!done.isSuccess()) {
                life.registeringFailed();
            }
        });
    }

    void deregister() {
        leave(() -> {});
    }

    /** Takes it from its loop, to register it with another as soon as that is done. */
    void move(int loop, boolean wrapped) {
        leave(() -> register(loop, wrapped));
    }

    private void leave(Runnable then) {
        if (toggledOutside || life.isAway()) {
            return; // Netty 4.2.18 recurs for ever if the handler before is just being added by another thread
        }
        life.deregistering();
        channel().deregister().addListener(done -> {
            life.deregistered();
            then.run();
        });
    }

    /** If it has been taken from its loop, for good. */
    void comeBack() {
        if (channel().isOpen() && !channel().isRegistered()) {
            world.on(channel(), () -> register(0, false));
        }
    }

    void close() {
        closedByUser = true;
        channel().close();
    }

    /** Netty has another thread close it, and meanwhile it is neither open nor closed. */
    void closeLingering() {
        if (!channel().eventLoop().inEventLoop()) {
            channel().eventLoop().execute(this::closeLingering);
        } else if (channel().isOpen()) {
            closedByUser = true;
            lingers = true;
            life.lingering();
            world.gate().shut();
            channel().config().setOption(ChannelOption.SO_LINGER, LINGER_SECONDS);
            channel().close();
        }
    }

    /** Nobody takes it from epoll when that thread is done. */
    void checkLingering() {
        if (lingers && channel().isOpen() && world.loopOf(channel()).epoll().isWatching(socket)) {
            world.violations().add("epoll watches a channel that another thread closes");
        }
    }

    void toggleHandler() {
        toggle(EpollSpliceHandler.class, newHandler());
    }

    /** Adds a handler as the first, or removes that of its kind. */
    <T extends ChannelHandler> void toggle(Class<T> type, T newOne) {
        ChannelPipeline pipeline = channel().pipeline();
        boolean onLoop = channel().eventLoop().inEventLoop();
        if (channel().isOpen() && (onLoop || !life.isAway())) {
            unguarded = true;
            toggledOutside |= !onLoop;
            if (pipeline.get(type) != null) {
                pipeline.remove(type);
            } else {
                pipeline.addFirst(newOne);
            }
        }
    }

    /** An event that is not true is delivered to it. */
    void mislead(int bits) {
        misled = true;
        ModelLoop loop = world.loopOf(channel());
        world.in(loop, () -> loop.epoll().deliverStale(socket, bits));
    }

    // What is known of it.

    boolean isClosedByUser() {
        return closedByUser;
    }

    /** Nobody knows for how long a handler is half in, half out. */
    boolean isToggledOutside() {
        return toggledOutside;
    }

    boolean isUnguarded() {
        return unguarded;
    }

    boolean isMisled() {
        return misled;
    }

    /** Neither closed nor about to be, and with a loop. */
    boolean isThere() {
        return channel().isOpen() && !(lingers && closedByUser) && !life.isAway();
    }

    /** Whether there was a reason for it to fail. */
    boolean mayFail() {
        return socket.isReset()
                || socket.fatalFills() > 0
                || socket.fatalDrains() > 0
                || socket.isRefused()
                || closedByUser
                || (socket.isEnded() && !world.setup().halfClosure())
                || (unguarded && world.isRegistrationLost());
    }
}
