// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.blockhound.BlockHound;

/**
 * Nothing blocks an event loop, says BlockHound, which knows the JDK's ways to block: locks that park, sleeping, waiting,
 * files and sockets. It cannot see into native code; there, a pipe or a socket that blocked would show as a hang. It
 * needs a JVM of its own, see the execution {@code no-blocking} in the pom.
 */
@ExtendWith(Baseline.class)
@Timeout(120)
class NoBlockingIT
        implements BulkContract,
                SmallMessageContract,
                EndOfStreamContract,
                EarlyEndContract,
                ResetContract,
                UrgentDataContract {
    private static final Queue<Throwable> BLOCKED = new ConcurrentLinkedQueue<>();

    private Rig rig;
    private Carriage carriage;

    /** Loading the natives does block, once, on whatever thread first asks whether they are there. */
    @BeforeAll
    static void install() {
        EpollSplice.ensureAvailability();
        BlockHound.install(builder ->
                builder.blockingMethodCallback(method -> BLOCKED.add(new AssertionError("blocked by " + method))));
    }

    @BeforeEach
    void openRig() {
        carriage = new Carriage();
        rig = new Rig(mode());
    }

    @AfterEach
    void verifyNothingBlocked() throws IOException {
        rig.close();
        Throwable first = BLOCKED.peek();
        BLOCKED.clear();
        if (first != null) {
            throw new AssertionError("an event loop was blocked", first);
        }
    }

    /** Or else all the others would prove nothing. */
    @Test
    void shouldNoticeWhatBlocks() throws Exception {
        rig.relay(Route.TCP_TCP_UP)
                .group()
                .next()
                .submit(() -> {
                    Thread.sleep(1);
                    return null;
                })
                .sync();
        assertFalse(BLOCKED.isEmpty());
        BLOCKED.clear();
        rig.relay().group().next().submit(() -> {}).sync();
        assertEquals(List.of(), List.copyOf(BLOCKED));
    }

    @Override
    public Mode mode() {
        return Mode.SPLICE;
    }

    @Override
    public Rig rig() {
        return rig;
    }

    @Override
    public Carriage carriage() {
        return carriage;
    }
}
