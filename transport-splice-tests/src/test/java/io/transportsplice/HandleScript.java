// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.IoEvent;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/** All that a {@link SplicingHandle} speaks to, as the test says, and what each of them is told. */
final class HandleScript {
    private final List<String> told = new ArrayList<>();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Object attachment = new Object();
    private final FileDescriptor descriptor = new FileDescriptor(0);
    private final EmbeddedChannel owner = new EmbeddedChannel() {
        @Override
        protected void doBeginRead() {
            told.add("read");
        }
    };
    private final Reader reader = new Reader();
    private final Registration registration = new Registration();
    private SocketReader.Outcome outcome = SocketReader.Outcome.USED;
    private Runnable whenRead = () -> {};
    private Error thrown;
    private int unread;
    private boolean valid = true;
    private boolean cancels = true;
    private boolean submits = true;

    HandleScript() {
        owner.config().setAutoRead(false);
        forget();
    }

    SplicingHandle newHandle() {
        return new SplicingHandle(new Channel(), new Loop()).registeredAs(registration);
    }

    /** Of a channel with autoRead off, ready for events; nothing has been told yet. */
    SplicingHandle registeredHandle() {
        SplicingHandle handle = newHandle();
        handle.attach(owner);
        handle.registered();
        runTasks();
        forget();
        return handle;
    }

    EmbeddedChannel owner() {
        return owner;
    }

    FileDescriptor descriptor() {
        return descriptor;
    }

    SocketReader reader() {
        return reader;
    }

    /** As epoll tells it. */
    void happen(SplicingHandle handle, int bits) {
        EpollIoEvent event = () -> EpollIoOps.valueOf(bits);
        handle.handle(registration, event);
    }

    Object attachment() {
        return attachment;
    }

    List<String> told() {
        return told;
    }

    String last() {
        return told.get(told.size() - 1);
    }

    void forget() {
        told.clear();
    }

    void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    HandleScript outcome(SocketReader.Outcome next) {
        outcome = next;
        return this;
    }

    void whenRead(Runnable task) {
        whenRead = task;
    }

    void throwing(Error error) {
        thrown = error;
    }

    void unread(int bytes) {
        unread = bytes;
    }

    void valid(boolean isValid) {
        valid = isValid;
    }

    void cancels(boolean isCancelled) {
        cancels = isCancelled;
    }

    void submits(boolean succeeds) {
        submits = succeeds;
    }

    private final class Channel implements EpollIoHandle {
        @Override
        public FileDescriptor fd() {
            return descriptor;
        }

        @Override
        public void handle(IoRegistration ignored, IoEvent event) {
            told.add("event " + ((EpollIoEvent) event).ops().value());
        }

        @Override
        public void registered() {
            told.add("registered");
        }

        @Override
        public void unregistered() {
            told.add("unregistered");
        }

        @Override
        public void close() {
            told.add("close");
        }
    }

    private final class Registration implements IoRegistration {
        @Override
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Netty's signature
        public <T> T attachment() {
            return (T) attachment;
        }

        @Override
        public long submit(IoOps ops) {
            int value = ((EpollIoOps) ops).value();
            told.add("submit " + value);
            if (!submits) {
                throw new IllegalStateException("not known to epoll");
            }
            return value;
        }

        @Override
        public boolean isValid() {
            return valid;
        }

        @Override
        public boolean cancel() {
            told.add("cancel");
            return cancels;
        }
    }

    private final class Reader implements SocketReader {
        @Override
        public Outcome readable() {
            told.add("readable");
            if (thrown != null) {
                throw thrown;
            }
            whenRead.run();
            return outcome;
        }

        @Override
        public int unread() {
            told.add("unread");
            return unread;
        }

        @Override
        public void ended() {
            told.add("ended");
        }

        @Override
        public void failed() {
            told.add("failed");
        }

        @Override
        public void broken(Throwable cause) {
            told.add("broken " + cause);
        }
    }

    private final class Loop extends AbstractEventExecutor implements SplicingHandle.Registry {
        @Override
        public void unregistered(EpollIoHandle channel, SplicingHandle handle) {
            told.add("forgotten");
        }

        @Override
        public boolean inEventLoop(Thread thread) {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public boolean isShuttingDown() {
            return false;
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return false;
        }

        @Override
        public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Future<?> terminationFuture() {
            throw new UnsupportedOperationException();
        }

        @Override
        @Deprecated
        public void shutdown() {
            throw new UnsupportedOperationException();
        }
    }
}
