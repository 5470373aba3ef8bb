package io.transportsplice;

import io.netty.channel.IoEventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import io.transportsplice.testing.Await;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The event loop of the model: run by hand on the test's thread, its clock stands still until it is told to go on, and
 * it takes itself for a loop of Netty's epoll, which only a loop that is made of it can be.
 */
final class ModelLoop implements AutoCloseable {
    /** Far more rounds than anything here takes; only what spins takes them all. */
    private static final int SPINNING = 20_000;
    /** From here on each round waits a little: on a busy machine the network between two sockets may take its time. */
    private static final int BUSY = 5_000;

    private static final long PAUSE_NANOS = 100_000;

    /** After so many rounds the far ends take what has arrived: else real buffers would be full one day. */
    private static final int FAR_ENDS_TURN = 16;

    private final ModelViolations violations;
    private final Runnable farEnds;
    private final MockTicker clock = Ticker.newMockTicker();
    private final ManualIoEventLoop manual;
    private final IoEventLoop loop;
    private ModelEpoll epoll;

    ModelLoop(ModelViolations violations, Runnable farEnds) {
        this.violations = violations;
        this.farEnds = farEnds;
        manual = new ManualIoEventLoop(
                null, Thread.currentThread(), executor -> epoll = new ModelEpoll(executor, violations), clock);
        loop = (IoEventLoop) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {IoEventLoop.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "isIoType" -> arguments[0] == EpollIoHandler.class;
                        case "next" -> proxy;
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "equals" -> proxy == arguments[0];
                        case "execute" -> call(method, watched((Runnable) arguments[0]));
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

    /** Netty logs what a task throws. */
    private Runnable watched(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) {
                violations.add(e);
            }
        };
    }

    IoEventLoop loop() {
        return loop;
    }

    ModelEpoll epoll() {
        return epoll;
    }

    void runOnce() {
        manual.runNow();
        violations.check();
    }

    /** Runs until there are neither events nor tasks. */
    void runToRest() {
        for (int rounds = 0; manual.runNow() > 0; rounds++) {
            violations.check();
            if (rounds > SPINNING) {
                throw violations.add("it spins");
            }
            if (rounds % FAR_ENDS_TURN == FAR_ENDS_TURN - 1) {
                farEnds.run();
            }
            if (rounds > BUSY) {
                Await.pause(PAUSE_NANOS);
            }
        }
        violations.check();
    }

    void passTrimInterval() {
        clock.advance(PipePool.TRIM_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
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
        manual.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        for (int rounds = 0; !manual.isTerminated(); rounds++) {
            manual.runNow();
            if (rounds > SPINNING) {
                throw violations.add("the loop does not end");
            }
        }
        awaitUninterruptibly(told); // so those before it, on that thread, have closed the pool
    }
}
