// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.testing.Await;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients do before the upstream is connected is kept, and passed on once it is. */
interface EarlyEndContract extends RelayFixture {
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = ".*UP")
    default void shouldKeepAnEndThatComesBeforeTheUpstreamIsConnected(Route route) throws Exception {
        Link link = linkAfter(route, 100_000, Peer::halfClose);
        link.expectEndOfForward(0, 100_000);
        link.carryBack(0, MIB, 64 * KIB);
        link.finish(MIB);
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = ".*UP")
    default void shouldKeepAnEndWithoutBytesThatComesBeforeTheUpstreamIsConnected(Route route) throws Exception {
        Link link = linkAfter(route, 0, Peer::halfClose);
        link.expectEndOfForward(0, 0);
        link.carryBack(0, 10, 10);
        link.finish(10);
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = ".*UP")
    default void shouldDeliverWhatAClientSentThatIsGoneBeforeTheUpstreamIsConnected(Route route) throws Exception {
        Link link = linkAfter(route, 100_000, Peer::close);
        link.expectEndOfForward(0, 100_000);
        link.sink().close();
        rig().relay().awaitNoChannels();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100_000})
    default void shouldForgetAClientThatResetsBeforeTheUpstreamIsConnected(int bytes) throws Exception {
        Route route = Route.TCP_TCP_UP;
        rig().gate().close();
        Peer client = rig().connect(route);
        client.send(new Pattern(1), 0, bytes, 10_000);
        Await.until("the connection waits at the gate", () -> rig().gate().queue() == 1);
        client.reset();
        rig().relay().awaitRest();
        rig().gate().open();
        // The relay connects all the same. Before it does, there are no channels either.
        try (Peer upstream = rig().backend().accept()) {
            assertEquals(End.RESET, upstream.receiveToEnd(new Pattern(1), 0).end());
            rig().relay().awaitNoChannels();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = ".*UP")
    default void shouldCarryEverythingThatPiledUpBeforeTheUpstreamWasConnected(Route route) throws Exception {
        rig().smallBuffers().gate().close();
        Peer client = rig().connect(route);
        Await.until("the connection waits at the gate", () -> rig().gate().queue() == 1);
        Pattern pattern = rig().newPattern();
        Future<?> sending = rig().async(() -> {
            client.send(pattern, 0, 4 * MIB, 64 * KIB);
            client.halfClose();
        });
        rig().relay().awaitRest();
        rig().gate().open();
        Link link = rig().accept(route, client);
        Link.expect(new Received(4 * MIB, End.EOF), link.sink().receiveToEnd(pattern, 0));
        Rig.await(sending);
        link.finish();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100_000})
    default void shouldResetAClientWhoseUpstreamRefuses(int bytes) throws Exception {
        Route route = Route.TCP_TCP_UP;
        rig().gate().close();
        Peer client = rig().connect(route);
        client.send(new Pattern(1), 0, bytes, 10_000);
        Await.until("the connection waits at the gate", () -> rig().gate().queue() == 1);
        Backend backend = rig().backend();
        backend.close();
        rig().gate().open();
        Link.expect(new Received(0, End.RESET), client.receiveToEnd(new Pattern(0), 0));
    }

    /** A client sends, and ends in its way, while the relay is kept from connecting to the backend. */
    private Link linkAfter(Route route, int bytes, Ending ending) throws Exception {
        rig().gate().close();
        Peer client = rig().connect(route);
        client.send(new Pattern(0), 0, bytes, 10_000); // the rig gives its first link the same pattern
        Await.until("the connection waits at the gate", () -> rig().gate().queue() == 1);
        ending.end(client);
        rig().relay().awaitRest();
        rig().gate().open();
        return rig().accept(route, client);
    }

    /** One of the ways to end a connection. */
    interface Ending {
        void end(Peer peer) throws Exception;
    }
}
