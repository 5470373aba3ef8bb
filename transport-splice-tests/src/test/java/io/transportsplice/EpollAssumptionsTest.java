// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.LoopGroups;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link SplicingHandle} takes for granted of epoll. */
@Timeout(60)
class EpollAssumptionsTest {
    private static final int IN = 0x1;
    private static final int RDHUP = 0x2000;
    private static final int ET = 1 << 31;
    /** Long enough for a level-triggered event to come again thousands of times. */
    private static final long A_WHILE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final IoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final List<Integer> events = new CopyOnWriteArrayList<>();
    private RawConnection connection;

    @AfterEach
    void close() throws IOException {
        LoopGroups.end(loop);
        connection.close();
    }

    private void watch(Family family, int interest) throws Exception {
        connection = new RawConnection(family);
        IoRegistration registration = loop.next().register(new Watcher()).sync().getNow();
        loop.submit(() -> registration.submit(EpollIoOps.valueOf(interest))).sync();
        Await.pause(A_WHILE_NANOS);
        events.clear();
    }

    @SuppressWarnings("try") // the loop closes it
    private final class Watcher implements EpollIoHandle {
        @Override
        public FileDescriptor fd() {
            return connection.socket();
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            events.add(((EpollIoEvent) event).ops().value());
        }

        @Override
        public void close() {}
    }

    private int awaitEvents(int bits) {
        Await.until("such events", () -> events.stream().anyMatch(event -> (event & bits) != 0));
        Await.pause(A_WHILE_NANOS);
        return count(bits);
    }

    private int count(int bits) {
        return (int) events.stream().filter(event -> (event & bits) != 0).count();
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellTheEndByOneEdgeWhileNothingElseIsWanted(Family family) throws Exception {
        watch(family, RDHUP | ET);
        connection.peer().halfClose();
        assertEquals(1, awaitEvents(RDHUP));
    }

    @Test
    void shouldTellTheEndThoughBytesAreUnread() throws Exception {
        watch(Family.TCP, RDHUP | ET);
        connection.peer().send(new byte[1000]);
        connection.peer().halfClose();
        assertTrue(awaitEvents(RDHUP) >= 1);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRepeatThatBytesAreUnread(Family family) throws Exception {
        watch(family, IN | RDHUP);
        connection.peer().send((byte) 1);
        Await.until("it comes again", () -> count(IN) > 2);
    }

    /** EPOLLHUP and EPOLLERR cannot be masked: where nothing is wanted, an edge keeps them from spinning. */
    @Test
    void shouldNotSpinWithAnEdgeAndNoInterest() throws Exception {
        watch(Family.TCP, ET);
        connection.peer().reset();
        assertTrue(awaitEvents(-1) <= 2, events::toString);
    }
}
