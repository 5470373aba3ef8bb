// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;

/**
 * The user's handler of a channel that counts it: each of the four events of its life must come once, in order, and only
 * when the user, or the end of the channel, makes it.
 */
final class ModelLife extends ChannelInboundHandlerAdapter {
    private final ModelSocket socket;
    private final ModelViolations violations;
    private boolean registered;
    private boolean active;
    private boolean inactive;
    private boolean failed;
    /** What the user had done, and was not told of yet. */
    private int registrations;

    private int deregistrations;
    /** It was the user who took it from its loop; of what becomes of it then, Netty tells nothing. */
    private boolean taken;
    /** It is being closed by another thread, and takes its time. */
    private boolean lingers;

    ModelLife(ModelSocket socket, ModelViolations violations) {
        this.socket = socket;
        this.violations = violations;
    }

    void registering() {
        registrations++;
    }

    void registeringFailed() {
        registrations--;
    }

    boolean isRegistering() {
        return registrations > 0;
    }

    void lingering() {
        lingers = true;
    }

    void deregistering() {
        deregistrations++;
    }

    void deregistered() {
        deregistrations--;
        if (registered && socket.channel().isOpen()) {
            violations.add("its user took it from its loop, and nobody was told");
        }
    }

    /** It is not with a loop, or not for long. */
    boolean isAway() {
        return !registered || deregistrations > 0;
    }

    /** Its user had just asked for it to leave its loop when it was closed: then Netty does not tell. */
    boolean isTaken() {
        return taken;
    }

    boolean isInactive() {
        return inactive;
    }

    boolean isFailed() {
        return failed;
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        if (registered || registrations == 0) {
            violations.add("channelRegistered of a channel that nobody registered");
        }
        registered = true;
        registrations--;
        taken = false;
        ctx.fireChannelRegistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (active || !registered) {
            violations.add(active ? "channelActive was told twice" : "channelActive before channelRegistered");
        }
        active = true;
        ctx.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (inactive || !active || !registered) {
            violations.add(inactive ? "channelInactive was told twice" : "channelInactive at a wrong time");
        }
        inactive = true;
        ctx.fireChannelInactive();
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        taken = deregistrations > 0;
        if (!registered) {
            violations.add("channelUnregistered was told twice");
        } else if (ctx.channel().isOpen() && !taken && !lingers) {
            violations.add("channelUnregistered of a channel that nobody deregistered");
        } else if (!taken && active && !inactive) {
            violations.add("channelUnregistered before channelInactive");
        }
        registered = false;
        ctx.fireChannelUnregistered();
    }

    /** At rest: of a channel that is closed everything was told. */
    void checkTold() {
        if (!socket.channel().isOpen()) {
            if (registered) {
                throw violations.add("a channel was closed, and nobody was told");
            }
            if (active && !inactive && !taken) {
                throw violations.add("channelInactive was not told");
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        boolean refused = socket.isRefused() && cause instanceof IllegalStateException;
        if (cause instanceof IOException || cause instanceof ModelEpoll.RegistrationLost || refused) {
            failed = true;
        } else {
            violations.add(cause);
        }
    }
}
