// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A channel that is closed at any moment lives one life, and its handlers are told of it once and in order. */
@ExtendWith(Baseline.class)
@Timeout(60)
class LifeContractTest {

    private static final int SOME = 500;
    private static final int NO_LINGER = -1;

    /** All moments everywhere; tcp with SO_LINGER, all three kinds of it while the channel is being adopted. */
    static Stream<Arguments> closes() {
        List<Arguments> all = new ArrayList<>();
        for (Moment moment : Moment.values()) {
            Variant.everywhere().filter(moment::comesTo).forEach(v -> all.add(Arguments.of(moment, NO_LINGER, v)));
            Variant.everywhereOnTcp()
                    .filter(moment::comesTo)
                    .filter(variant -> !variant.wrapped() && !variant.settled())
                    .forEach(variant -> IntStream.of(0, 1, 5)
                            .filter(linger -> !isRacy(moment, linger, variant))
                            .forEach(linger -> all.add(Arguments.of(moment, linger, variant))));
        }
        return all.stream();
    }

    /**
     * Closed by another thread, before or after Netty asks whether the channel is active; or while it connects, of which
     * Netty may hear only by the connect timeout.
     */
    private static boolean isRacy(Moment moment, int linger, Variant variant) {
        return linger > 0 && (variant.accepted() ? moment.isBeforeActive() : moment.mayBeBeforeActive());
    }

    @ParameterizedTest(name = "{0}, linger {1}, {2}")
    @MethodSource("closes")
    void shouldLiveOnceWhenClosed(Moment moment, int linger, Variant variant) throws Exception {
        List<ChannelFuture> closed = new ArrayList<>();
        Moment.Handler handler = moment.handler(channel -> closed.add(channel.close()));
        try (Stage stage = new Stage(variant).user(handler)) {
            if (linger >= 0) {
                stage.option(ChannelOption.SO_LINGER, linger);
            }
            stage.start(channel -> {
                if (moment.needsWrite()) {
                    channel.writeAndFlush(stage.bytes(SOME));
                }
            });
            if (moment.needsBytes()) {
                stage.send(SOME);
            }
            Rig.await(handler.done());
            Rig.await(closed.get(0));
            stage.awaitEvents(lifeOf(stage, moment, variant));
            if (stage.peer() != null) {
                Received received = stage.peer().receiveToEnd(stage.outgoing(), 0);
                assertEquals(new Received(stage.written(), linger == 0 ? End.RESET : End.EOF), received);
            }
        }
    }

    private static String lifeOf(Stage stage, Moment moment, Variant variant) {
        if (stage.peer() == null) {
            return "registered unregistered removed";
        }
        if (moment.isBeforeActive() && variant.accepted() && variant.isThereWhenActive()) {
            return "registered inactive unregistered removed"; // as Netty has it
        }
        return "registered active " + (moment.needsBytes() ? "read complete " : "") + "inactive unregistered removed";
    }
}
