// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * The epoll of the model: level-triggered, it delivers an event in each round for as long as a condition and the
 * interest submitted hold; edge-triggered, once for each submit and each new condition. EPOLLERR and EPOLLHUP come
 * unasked. Like that of Netty 4.2.18 it deletes a registration whose interest is 0 and then refuses the next one; that
 * an adopted channel ever submits 0 is a violation.
 */
final class ModelEpoll implements IoHandler {
    private static final int ET = EpollIoOps.EPOLLET.value();
    private static final int UNMASKABLE = ModelSocket.ERR | ModelSocket.HUP;

    private final Map<Integer, ModelSocket> sockets = new LinkedHashMap<>();
    private final List<Registration> registrations = new ArrayList<>();
    private final ThreadAwareExecutor executor;
    private final ModelViolations violations;
    private final BooleanSupplier isTurn;
    private final Executor tasks;
    private final Runnable runTasks;
    private final IoHandler real; // never run: its registration has the arrays of Netty's gathering writes
    private final IoRegistration realRegistration;
    private boolean registrationLost;
    private int refusals;

    /** @param tasks where those of its loop wait */
    ModelEpoll(
            ThreadAwareExecutor executor,
            ModelViolations violations,
            BooleanSupplier isTurn,
            Executor tasks,
            Runnable runTasks) {
        this.executor = executor;
        this.violations = violations;
        this.isTurn = isTurn;
        this.tasks = tasks;
        this.runTasks = runTasks;
        real = EpollIoHandler.newFactory(1, DefaultSelectStrategyFactory.INSTANCE)
                .newHandler(executor);
        try {
            realRegistration = real.register(new NoHandle());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    void add(ModelSocket socket) {
        sockets.put(socket.channel().fd().intValue(), socket);
    }

    /** Whether Netty's bug has struck a channel that no splice handler guarded. */
    boolean isRegistrationLost() {
        return registrationLost;
    }

    boolean isWatching(ModelSocket socket) {
        return registrations.stream().anyMatch(registration -> registration.socket == socket && registration.valid);
    }

    /** The next socket that registers is refused. */
    void refuse() {
        refusals++;
    }

    void refuseNoMore() {
        refusals = 0;
    }

    private void checkTurn() {
        if (!isTurn.getAsBoolean()) {
            throw violations.add("epoll is used by another thread than the loop's");
        }
    }

    /** Delivers, once, an event that is not true: one left over from another channel of the same descriptor. */
    void deliverStale(ModelSocket socket, int bits) {
        for (Registration registration : List.copyOf(registrations)) {
            if (registration.socket == socket && registration.valid) {
                registration.deliver(bits);
            }
        }
    }

    @Override
    public int run(IoHandlerContext context) {
        int delivered = 0;
        for (Registration registration : List.copyOf(registrations)) {
            int events = registration.due();
            if (events != 0) {
                registration.deliver(events);
                delivered++;
            }
        }
        return delivered;
    }

    @Override
    public IoRegistration register(IoHandle handle) throws IOException {
        checkTurn();
        EpollIoHandle epollHandle = (EpollIoHandle) handle;
        if (refusals > 0) {
            refusals--;
            sockets.get(epollHandle.fd().intValue()).refused();
            throw new IOException("epoll_ctl: no memory");
        }
        Registration registration = new Registration(epollHandle);
        if (isWatching(registration.socket)) {
            throw violations.add("a socket is registered twice");
        }
        registrations.add(registration);
        handle.registered();
        return registration;
    }

    @Override
    public void prepareToDestroy() {
        for (Registration registration : List.copyOf(registrations)) {
            registration.cancel();
            try {
                registration.handle.close();
            } catch (Exception e) {
                violations.add(e);
            }
        }
        runTasks.run();
        // The loop, if it has a task to run, does not sleep before it ends.
        executor.execute(() -> {});
    }

    @Override
    public void destroy() {
        real.destroy();
    }

    @Override
    public void wakeup() {
        // it never sleeps
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
        return EpollIoHandle.class.isAssignableFrom(type);
    }

    private final class Registration implements IoRegistration {
        private final EpollIoHandle handle;
        private final ModelSocket socket;
        private boolean added;
        private boolean valid = true;
        private int interest;
        /** There was a splice handler when the registration was deleted. */
        private boolean guarded;

        /** Edge-triggered: what has been told since the last submit. */
        private int told;

        Registration(EpollIoHandle handle) {
            this.handle = handle;
            socket = sockets.get(handle.fd().intValue());
        }

        /** One that is the first: behind another it guards nothing. */
        private boolean hasHandler() {
            return socket.channel().pipeline().first() instanceof EpollSpliceHandler;
        }

        int due() {
            if (!valid || interest == 0) {
                return 0;
            }
            int events = socket.conditions() & (interest | UNMASKABLE);
            if ((interest & ET) == 0) {
                return events;
            }
            int fresh = events & ~told;
            told |= events;
            return fresh == 0 ? 0 : events;
        }

        void deliver(int bits) {
            EpollIoOps ops = EpollIoOps.valueOf(bits);
            EpollIoEvent event = () -> ops;
            ModelTally.count("events", 1);
            try {
                handle.handle(this, event);
            } catch (Throwable e) { // an AssertionError above all; Netty's loop would log it
                violations.add(e);
            }
        }

        @Override
        public long submit(IoOps ops) {
            checkTurn();
            if (!valid) {
                return -1;
            }
            int wanted = ((EpollIoOps) ops).value();
            if (wanted == 0) {
                if (handle instanceof SplicingHandle) {
                    throw violations.add("interest 0 submitted for an adopted channel");
                }
                interest = 0;
                guarded = hasHandler();
                return 0;
            }
            if (added && interest == 0) {
                RegistrationLost lost = new RegistrationLost();
                registrationLost = true;
                if (guarded && hasHandler()) {
                    violations.add(lost);
                }
                throw lost;
            }
            added = true;
            interest = wanted;
            told = 0;
            return wanted;
        }

        @Override
        public boolean isValid() {
            return valid;
        }

        @Override
        public boolean cancel() {
            if (!valid) {
                return false;
            }
            valid = false;
            if (isTurn.getAsBoolean()) {
                leave();
            } else {
                tasks.execute(this::leave);
            }
            return true;
        }

        private void leave() {
            registrations.remove(this);
            handle.unregistered();
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
        public <T> T attachment() {
            return realRegistration.attachment();
        }
    }

    /** Netty's bug, which is for a splice handler to prevent, if there is one. */
    static final class RegistrationLost extends UncheckedIOException {
        private static final long serialVersionUID = 1;

        RegistrationLost() {
            super(new IOException("epoll_ctl: ENOENT, the registration was deleted"));
        }
    }

    private static final class NoHandle implements EpollIoHandle {
        @Override
        public FileDescriptor fd() {
            return new FileDescriptor(0);
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            throw new AssertionError("an event of nothing");
        }

        @Override
        public void close() {
            // there is nothing
        }
    }
}
