// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.channel.ChannelHandler;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Handlers that somebody else put into the pipeline of a proxy's channel, and how its far end speaks to them. */
final class Guest {
    /** What a far end says and hears before the stream begins. */
    interface Greeting {
        void exchange(Peer peer) throws IOException;
    }

    private final String name;
    private final Consumer<Site> moveIn;
    private final Set<Ends> splices = EnumSet.noneOf(Ends.class);
    private final Map<byte[], byte[]> encoded = Collections.synchronizedMap(new IdentityHashMap<>());
    private Wire wire = Wire.BARE;
    private Greeting greeting = peer -> {};
    private boolean tls;
    private List<Ends> places = List.of(Ends.values());
    private boolean connects;
    private boolean holds;
    private boolean queues;
    private boolean elsewhere;

    Guest(String name, Consumer<Site> moveIn) {
        this.name = name;
        this.moveIn = moveIn;
    }

    static Guest of(String name, Supplier<ChannelHandler> handler) {
        return new Guest(name, site -> site.add(handler.get()));
    }

    // How it is.

    /** At these ends of a stream, with the splice handler in front of it, it leaves the bytes in their pipes. */
    Guest splices(Ends... ends) {
        splices.addAll(Set.of(ends));
        return this;
    }

    /** At any. */
    Guest splices() {
        return splices(Ends.values());
    }

    Guest wire(Wire spoken) {
        wire = spoken;
        return this;
    }

    /** The far end has these handlers, facing the other way. */
    Guest mirroredBy(Supplier<ChannelHandler[]> counterparts) {
        return wire(Wire.mirrored(counterparts));
    }

    Guest greeting(Greeting exchanged) {
        greeting = exchanged;
        return this;
    }

    /** Its far end is a client of TLS. */
    Guest tls() {
        tls = true;
        return this;
    }

    /** It takes part in connecting: there is one at the channel to the backend, and no other. */
    Guest connects() {
        connects = true;
        places = List.of(Ends.SOURCE, Ends.SINK);
        return this;
    }

    /** It waits for its far end to speak first. */
    Guest atSourcesOnly() {
        places = List.of(Ends.SOURCE);
        return this;
    }

    /** It may hold bytes back until the stream ends, so that a reset loses them. */
    Guest holds() {
        holds = true;
        return this;
    }

    /** What it holds depends on the clock, or on when another thread has its turn. */
    Guest queues() {
        queues = true;
        return this;
    }

    /** On an executor of its own. */
    Guest elsewhere() {
        elsewhere = true;
        return queues();
    }

    // What it does.

    void moveIn(Site site) {
        moveIn.accept(site);
    }

    boolean splicesAt(Ends ends) {
        return splices.contains(ends);
    }

    /** Of a stream that it splices. Not all: who has many buffers in a queue has the next ones copied. */
    int leastSpliced() {
        return queues ? GuestCase.BYTES / 32 : GuestCase.BYTES / 4 * 3;
    }

    /** Where it can be. */
    List<Ends> places() {
        return places;
    }

    boolean isTls() {
        return tls;
    }

    boolean isAtBackendOnly() {
        return connects;
    }

    boolean isElsewhere() {
        return elsewhere;
    }

    boolean mayHold() {
        return holds;
    }

    /** The same each time: encoding is done once. */
    byte[] encode(byte[] meant) {
        return encoded.computeIfAbsent(meant, wire::encode);
    }

    Wire.Decoder decoder() {
        return wire.decoder();
    }

    void greet(Peer peer) throws IOException {
        greeting.exchange(peer);
    }

    @Override
    public String toString() {
        return name;
    }
}
