// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import io.transportsplice.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks for a loop in its last moment: it is shut down, but its thread is still at work. */
@Timeout(60)
class TasksTest {
    private final Ending loop = new Ending();
    private final List<String> told = new CopyOnWriteArrayList<>();

    private static final class Ending extends AbstractEventExecutor {
        private final Promise<Void> termination = GlobalEventExecutor.INSTANCE.newPromise();
        private final List<Runnable> taken = new ArrayList<>();
        private boolean rejects;

        @Override
        public void execute(Runnable task) {
            if (rejects) {
                throw new RejectedExecutionException();
            }
            taken.add(task);
        }

        @Override
        public boolean isShutdown() {
            return true;
        }

        @Override
        public boolean isTerminated() {
            return termination.isDone();
        }

        @Override
        public Future<?> terminationFuture() {
            return termination;
        }

        @Override
        public boolean isShuttingDown() {
            return true;
        }

        @Override
        public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
            return termination;
        }

        @Override
        @Deprecated
        public void shutdown() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean inEventLoop(Thread thread) {
            return false;
        }
    }

    private void execute() {
        Tasks.execute(loop, () -> told.add("run"), () -> told.add("ended"));
    }

    private void end() {
        loop.termination.setSuccess(null);
        GlobalEventExecutor.INSTANCE.submit(() -> {}).syncUninterruptibly(); // behind those who are told of it
    }

    @Test
    void shouldTellOfTheEndWhenTheLoopTakesATaskAndDropsIt() {
        execute();
        assertEquals(List.of(), told, "it may still run it");
        end();
        Await.until("told of the end", () -> told, List.of("ended")::equals);
    }

    @Test
    void shouldNotTellOfTheEndWhenTheLoopStillRanTheTask() {
        execute();
        loop.taken.forEach(Runnable::run);
        end();
        assertEquals(List.of("run"), told);
    }

    @Test
    void shouldNotTellOfTheEndBesideTheLastTasksOfALoopThatTakesNoMore() {
        loop.rejects = true;
        execute();
        assertEquals(List.of(), told);
        end();
        Await.until("told of the end", () -> told, List.of("ended")::equals);
    }

    @Test
    void shouldTellAtOnceOfALoopThatHasEndedBefore() {
        end();
        loop.rejects = true;
        execute();
        assertEquals(List.of("ended"), told);
    }
}
