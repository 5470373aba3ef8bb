// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.relay.RelayHandler;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What Java Flight Recorder is told of relays and fallbacks. */
@ExtendWith(Baseline.class)
@Timeout(120)
class FlightRecordingTest {
    private static final String RELAY = "io.transportsplice.Relay";
    private static final String FALLBACK = "io.transportsplice.Fallback";
    private static final int MIB = 1024 * 1024;

    @TempDir
    Path directory;

    @Test
    void shouldTellOfARelayWhatItMovedAndThatItFinished() throws Exception {
        RecordedEvent relay = onlyRelay(() -> {
            try (Rig rig = new Rig(Mode.SPLICE)) {
                Link link = rig.link(Route.TCP_TCP_UP);
                link.carryToEnd(3 * MIB, 64 * 1024);
                link.carryBack(0, MIB, 64 * 1024);
                link.finish(MIB);
                rig.relay().awaitNoChannels();
            }
        });
        assertEquals("FINISHED", relay.getString("end"));
        assertNull(relay.getString("reason"));
        assertEquals(3 * MIB, relay.getLong("bytesFromA"));
        assertEquals(MIB, relay.getLong("bytesFromB"));
        assertTrue(relay.getString("addressA").contains("127.0.0.1:"), relay::toString);
        assertTrue(relay.getString("addressB").contains("127.0.0.1:"), relay::toString);
        assertFalse(relay.getDuration().isZero(), relay::toString);
    }

    @Test
    void shouldTellOfAReset() throws Exception {
        RecordedEvent relay = onlyRelay(() -> {
            try (Rig rig = new Rig(Mode.SPLICE)) {
                Link link = rig.link(Route.TCP_TCP_UP);
                link.carry(0, MIB, 64 * 1024);
                link.source().reset();
                Link.expect(new Received(MIB, End.RESET), link.sink().receiveToEnd(link.forward(), MIB));
                rig.relay().awaitNoChannels();
            }
        });
        assertEquals("FAILED", relay.getString("end"));
        assertTrue(relay.getString("reason").contains("reset"), relay::toString);
        assertEquals(MIB, relay.getLong("bytesFromA"));
    }

    @Test
    void shouldTellOfATimeout() throws Exception {
        Duration idle = Duration.ofMillis(200);
        RecordedEvent relay = onlyRelay(() -> {
            try (Rig rig = new Rig(Mode.SPLICE)) {
                rig.configure(c -> c.relay(() -> new RelayHandler(idle, Duration.ZERO), RelayHandler::join));
                Link link = rig.link(Route.TCP_TCP_UP);
                Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
                rig.relay().awaitNoChannels();
            }
        });
        assertEquals("TIMEOUT", relay.getString("end"));
    }

    @Test
    void shouldTellOfARelayThatThisSideClosed() throws Exception {
        RecordedEvent relay = onlyRelay(() -> {
            try (Rig rig = new Rig(Mode.SPLICE)) {
                Link link = rig.link(Route.TCP_TCP_UP);
                rig.relay().lastPair().front().close();
                Link.expect(new Received(0, End.RESET), link.sink().receiveToEnd(link.forward(), 0));
                rig.relay().awaitNoChannels();
            }
        });
        assertEquals("CLOSED", relay.getString("end"));
    }

    @Test
    void shouldTellOfARelayThatBeganBeforeTheRecording() throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carry(0, MIB, 64 * 1024);
            RecordedEvent relay = onlyRelay(() -> {
                link.carryToEnd(MIB, 2 * MIB, 64 * 1024);
                link.finish();
                rig.relay().awaitNoChannels();
            });
            assertEquals("FINISHED", relay.getString("end"));
            assertEquals(2 * MIB, relay.getLong("bytesFromA"));
        }
    }

    @Test
    void shouldTellOfEachFallback() throws Exception {
        List<RecordedEvent> fallbacks = record(Set.of(FALLBACK), () -> relay(Mode.COPY));
        assertEquals(
                List.of("POLICY_NEVER", "POLICY_NEVER"),
                fallbacks.stream().map(event -> event.getString("reason")).toList());
        // When the handler is added, the channel that connects has no address yet.
        fallbacks.forEach(event -> assertTrue(event.getString("channel").startsWith("[id: 0x"), event::toString));
    }

    @Test
    void shouldTellNothingOfWhatIsNotAskedFor() throws Exception {
        assertEquals(List.of(), record(Set.of(FALLBACK), () -> relay(Mode.SPLICE)));
        assertEquals(List.of(), record(Set.of(), () -> relay(Mode.COPY)));
    }

    private static void relay(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(MIB, 64 * 1024);
            link.finish();
            rig.relay().awaitNoChannels();
        }
    }

    private RecordedEvent onlyRelay(Action action) throws Exception {
        List<RecordedEvent> events = record(Set.of(RELAY), action);
        assertEquals(1, events.size(), events::toString);
        return events.get(0);
    }

    /** All events of ours that come while the action runs and these alone are asked for. */
    private List<RecordedEvent> record(Set<String> names, Action action) throws Exception {
        Path file = Files.createTempFile(directory, "recording", ".jfr");
        try (Recording recording = new Recording()) {
            for (String name : List.of(RELAY, FALLBACK)) {
                if (names.contains(name)) {
                    recording.enable(name);
                } else {
                    recording.disable(name); // without a word it is recorded
                }
            }
            recording.start();
            action.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("io.transportsplice."))
                .toList();
    }

    private interface Action {
        void run() throws Exception;
    }
}
