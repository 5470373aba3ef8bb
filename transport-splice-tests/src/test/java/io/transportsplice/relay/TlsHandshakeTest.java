// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslHandler;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Tls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS does not come about, or not yet, and the other side is told the truth all the same. */
@ExtendWith(Baseline.class)
@Timeout(120)
class TlsHandshakeTest {
    private static final int KIB = 1024;
    private static final byte[] NO_TLS = "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int ALERT = 21;

    /** What the side that speaks TLS does instead of its handshake. */
    enum Failure {
        SPEAKS_SOMETHING_ELSE {
            @Override
            void happen(Peer peer) throws IOException {
                peer.send(NO_TLS);
            }
        },
        ENDS {
            @Override
            void happen(Peer peer) throws IOException {
                peer.halfClose();
            }
        },
        ENDS_WITHIN_A_RECORD {
            @Override
            void happen(Peer peer) throws IOException {
                peer.send(new byte[] {22, 3, 1, 0, 100, 1});
                peer.halfClose();
            }
        },
        RESETS {
            @Override
            void happen(Peer peer) throws IOException {
                peer.reset();
            }
        },
        SAYS_NOTHING {
            @Override
            void happen(Peer peer) {
                // until the relay has enough of it
            }
        };

        abstract void happen(Peer peer) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void shouldResetTheOtherSideOfAHandshakeThatFails(Failure failure) throws Exception {
        for (Mode mode : new Mode[] {Mode.AUTO, Mode.SPLICE, Mode.PLAIN}) {
            for (Tls tls : new Tls[] {Tls.FRONT, Tls.BACK_12}) {
                try (Rig rig = rig(mode, tls, failure == Failure.SAYS_NOTHING ? 50 : 20_000)) {
                    TlsLink link = TlsLink.connect(rig, tls, tls == Tls.FRONT);
                    link.sink().send(link.pattern(), 0, KIB); // waits for TLS, in vain
                    failure.happen(link.source().peer());
                    assertEquals(new Received(0, End.RESET), link.sink().receiveToEnd(link.pattern(), 0));
                    rig.relay().awaitNoChannels();
                }
            }
        }
    }

    private static Rig rig(Mode mode, Tls tls, long timeoutMillis) {
        return new Rig(mode)
                .configure(c -> c.pipeline((side, pipeline) -> {
                    if (tls.isOn(side)) {
                        SslHandler handler = tls.handler(side);
                        handler.setHandshakeTimeoutMillis(timeoutMillis);
                        pipeline.addLast(handler);
                    }
                }));
    }

    /** A reset would throw it away. */
    @Test
    void shouldLetTheAlertArriveThatSaysWhy() throws Exception {
        try (Rig rig = rig(Mode.SPLICE, Tls.FRONT, 20_000)) {
            TlsLink link = TlsLink.connect(rig, Tls.FRONT, true);
            Peer client = link.source().peer();
            client.send(new byte[] {22, 3, 1, 0, 4, 1, 0, 0, 0}); // a ClientHello without anything
            byte[] record = new byte[64];
            assertNotEquals(-1, client.read(record, record.length));
            assertEquals(ALERT, record[0]);
            assertEquals(new Received(0, End.RESET), link.sink().receiveToEnd(link.pattern(), 0));
        }
    }

    /** Without a timeout of TLS's own it is the relay's. */
    @ParameterizedTest
    @EnumSource(names = {"FRONT", "BACK"})
    void shouldResetBothWhenTheHandshakeStalls(Tls tls) throws Exception {
        Duration timeout = Duration.ofMillis(100);
        try (Rig rig = rig(Mode.AUTO, tls, 0)
                .configure(c -> c.relay(() -> new RelayHandler(timeout, timeout), RelayHandler::join))) {
            TlsLink link = TlsLink.connect(rig, tls, tls == Tls.FRONT);
            assertEquals(new Received(0, End.RESET), link.sink().receiveToEnd(link.pattern(), 0));
            rig.relay().awaitNoChannels();
        }
    }

    /** The stream is whole before there is anybody to give it to. */
    @ParameterizedTest
    @CsvSource({"FRONT, false", "BACK, true", "FRONT_12, false", "BACK_12, true"})
    void shouldKeepAWholeStreamUntilTheHandshakeIsDone(Tls tls, boolean up) throws Exception {
        for (Mode mode : new Mode[] {Mode.AUTO, Mode.SPLICE, Mode.COPY}) {
            for (int bytes : new int[] {0, 20 * KIB}) {
                try (Rig rig = rig(mode, tls, 20_000)) {
                    TlsLink link = TlsLink.connect(rig, tls, up);
                    link.source().send(link.pattern(), 0, bytes);
                    link.source().finish();
                    rig.relay().awaitRest();
                    link.sink().handshake();
                    assertEquals(new Received(bytes, End.WHOLE), link.sink().receiveToEnd(link.pattern(), 0));
                    link.sink().finish();
                    assertEquals(new Received(0, End.WHOLE), link.source().receiveToEnd(link.pattern(), 0));
                    rig.relay().awaitNoChannels();
                }
            }
        }
    }

    /** Not with a server of TLS 1.3, whose handshake's last word goes to one that is gone. */
    @ParameterizedTest
    @CsvSource({"FRONT, false", "FRONT_12, false", "BACK_12, true"})
    void shouldKeepWhatWasTakenBeforeAResetUntilTheHandshakeIsDone(Tls tls, boolean up) throws Exception {
        for (Mode mode : new Mode[] {Mode.AUTO, Mode.SPLICE, Mode.PLAIN}) {
            try (Rig rig = rig(mode, tls, 20_000)) {
                TlsLink link = TlsLink.connect(rig, tls, up);
                link.source().send(link.pattern(), 0, 20 * KIB);
                rig.relay().awaitRest();
                link.source().peer().reset();
                rig.relay().awaitRest();
                link.sink().handshake();
                assertEquals(new Received(20 * KIB, End.RESET), link.sink().receiveToEnd(link.pattern(), 0));
                rig.relay().awaitNoChannels();
            }
        }
    }

    /** Who is to be reset once its handshake is done may never do it. */
    @Test
    void shouldNotWaitForeverForAHandshakeToDeliverWhatWasTaken() throws Exception {
        try (Rig rig = rig(Mode.SPLICE, Tls.FRONT, 100)) {
            TlsLink link = TlsLink.connect(rig, Tls.FRONT, false);
            link.source().send(link.pattern(), 0, KIB);
            link.source().peer().reset();
            Peer client = link.sink().peer();
            assertEquals(new Peer.Received(0, Peer.End.RESET), client.receiveToEnd(link.pattern(), 0));
            rig.relay().awaitNoChannels();
        }
    }

    /** A name is to come before there is an SslHandler at all. */
    @Test
    void shouldResetTheOtherSideOfAClientThatEndsBeforeItsName() throws Exception {
        try (Rig rig = new Rig(Mode.AUTO)
                .configure(c -> c.pipeline((side, pipeline) -> {
                    if (side == Side.FRONT) {
                        pipeline.addLast(
                                new SniHandler((name, chosen) -> chosen.setSuccess(Tls.FRONT.serverContext())));
                    }
                }))) {
            for (Failure failure : new Failure[] {Failure.ENDS, Failure.ENDS_WITHIN_A_RECORD, Failure.RESETS}) {
                TlsLink link = TlsLink.connect(rig, Tls.FRONT, true);
                failure.happen(link.source().peer());
                assertEquals(new Received(0, End.RESET), link.sink().receiveToEnd(link.pattern(), 0));
                rig.relay().awaitNoChannels();
            }
            TlsLink.open(rig, Tls.FRONT, true).carryToEnd(0, 100 * KIB, 0);
        }
    }
}
