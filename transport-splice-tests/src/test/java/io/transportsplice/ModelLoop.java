// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * An event loop of the model: run by hand, a task at a time if need be, on the test's thread whenever it has its turn. Its
 * clock stands still until it is told to go on, and it takes itself for a loop of Netty's epoll, which only a loop that is
 * made of it can be.
 */
final class ModelLoop implements AutoCloseable {
    /** Far more rounds than anything here takes; only what spins takes them all. */
    private static final int SPINNING = 20_000;

    private final ModelViolations violations;
    private final ModelTurn turn;
    private final MockTicker clock = Ticker.newMockTicker();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final ManualIoEventLoop manual;
    private final IoEventLoop loop;
    private ModelEpoll epoll;
    private boolean full;

    ModelLoop(ModelViolations violations, ModelTurn turn) {
        this.violations = violations;
        this.turn = turn;
        manual = new ManualIoEventLoop(
                null,
                Thread.currentThread(),
                executor -> epoll = new ModelEpoll(executor, violations, this::isTurn, this::execute, this::runTasks),
                clock);
        loop = (IoEventLoop) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {IoEventLoop.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "isIoType" -> arguments[0] == EpollIoHandler.class;
                        case "next" -> proxy;
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "equals" -> proxy == arguments[0];
                        case "inEventLoop", "isExecutorThread" ->
                            turn.isOf(this, arguments == null ? Thread.currentThread() : (Thread) arguments[0]);
                        case "execute" -> {
                            execute((Runnable) arguments[0]);
                            yield null;
                        }
                        default -> call(method, arguments);
                    };
                });
    }

    private Object call(Method method, Object... arguments) throws Throwable {
        try {
            return method.invoke(manual, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void execute(Runnable task) {
        if (manual.isShutdown() || full) {
            throw new RejectedExecutionException(full ? "the queue is full" : "the loop has ended");
        }
        tasks.add(task);
    }

    /** Whether it takes no tasks for now. */
    void full(boolean now) {
        full = now;
    }

    private boolean isTurn() {
        return turn.isOf(this, Thread.currentThread());
    }

    IoEventLoop loop() {
        return loop;
    }

    SplicingEventLoop view() {
        return SplicingEventLoop.of(loop);
    }

    boolean isLoopOf(Channel channel) {
        return channel.eventLoop() == loop || channel.eventLoop() == view();
    }

    ModelEpoll epoll() {
        return epoll;
    }

    boolean hasTasks() {
        return !tasks.isEmpty();
    }

    /** What epoll has to say, once. */
    int runIo() {
        int[] n = new int[1];
        turn.take(this, () -> n[0] = manual.runNow(-1));
        return n[0];
    }

    /** One task. */
    void runTask() {
        turn.take(this, () -> {
            Runnable task = tasks.poll();
            if (task != null) {
                runWatched(task);
            }
        });
    }

    /** All tasks, and all that is due. */
    private int runTasks() {
        int[] n = new int[1];
        turn.take(this, () -> {
            n[0] += manual.runNonBlockingTasks(0);
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                runWatched(task);
                if (++n[0] > SPINNING) {
                    throw violations.add("tasks without end");
                }
            }
        });
        return n[0];
    }

    /** Netty logs what a task throws. */
    private void runWatched(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            violations.add(e);
        }
    }

    /** Events, then tasks: how many there were. */
    int runOnce() {
        return runIo() + runTasks();
    }

    void pass(long millis) {
        clock.advance(millis, TimeUnit.MILLISECONDS);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new AssertionError("the loop's end was not told");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        CountDownLatch told = new CountDownLatch(1);
        manual.terminationFuture().addListener(terminated -> told.countDown());
        turn.take(this, () -> manual.shutdownGracefully(0, 0, TimeUnit.SECONDS));
        for (int rounds = 0; !manual.isTerminated(); rounds++) {
            runTasks();
            turn.take(this, manual::runNow);
            if (rounds > SPINNING) {
                throw violations.add("the loop does not end");
            }
        }
        awaitUninterruptibly(told); // so those before it, on that thread, have closed the pool
    }
}
