// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.channel.epoll.Epoll;
import io.transportsplice.SpliceMetrics;
import java.io.IOException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Checks after each test that every file descriptor, pipe and buffer that it used is gone again. */
public final class Baseline implements BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(Baseline.class);

    /** All that may leak, at one moment. */
    public record State(
            int pipeFds, int sockets, int eventPolls, long pipesInUse, long pipesPooled, long buffersInFlight) {
        public static State now() {
            FdCensus fds = FdCensus.take();
            SpliceMetrics metrics = SpliceMetrics.snapshot();
            return new State(
                    fds.pipes(),
                    fds.sockets(),
                    fds.eventPolls(),
                    metrics.pipesInUse(),
                    metrics.pipesPooled(),
                    metrics.buffersInFlight());
        }

        public boolean isNoMoreThan(State other) {
            return pipeFds <= other.pipeFds
                    && sockets <= other.sockets
                    && eventPolls <= other.eventPolls
                    && pipesInUse <= other.pipesInUse
                    && pipesPooled <= other.pipesPooled
                    && buffersInFlight <= other.buffersInFlight;
        }

        /** Nothing is in use beyond what the baseline had, and the only further pipes are those that lie in pools. */
        public boolean isAtRestSince(State baseline) {
            return pipesInUse == baseline.pipesInUse
                    && buffersInFlight == baseline.buffersInFlight
                    && pipeFds - baseline.pipeFds == 2 * (pipesPooled - baseline.pipesPooled);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        WarmUp.once();
        context.getStore(NAMESPACE).put(State.class, State.now());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        State before = context.getStore(NAMESPACE).get(State.class, State.class);
        Await.until("back to " + before, State::now, now -> now.isNoMoreThan(before));
    }

    /** The JDK and Netty open some file descriptors at first use and keep them: not leaks of a test. */
    private static final class WarmUp {
        private static boolean done;

        private static synchronized void once() throws IOException {
            if (done) {
                return;
            }
            Epoll.ensureAvailability();
            for (Family family : Family.values()) {
                try (Backend backend = Backend.open(family, 0);
                        Peer client = Peer.connect(backend.address());
                        Peer accepted = backend.accept()) {
                    client.halfClose();
                    accepted.halfClose();
                }
            }
            SpliceMetrics.snapshot();
            done = true;
        }
    }
}
