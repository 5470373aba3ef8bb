// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.transportsplice.relay.RelayHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Whatever a client says before a proxy that wants the PROXY protocol's header, and that tells an upstream in turn. */
public final class ProxyProtocolFuzz {
    private ProxyProtocolFuzz() {}

    /** What an upstream is told in either version, and what follows. */
    record Outcome(List<String> told, String passedOn, boolean isOpen) {}

    public static void fuzzerTestOneInput(byte[] input) {
        Fuzzed.sameInAnyPieces(input, ProxyProtocolFuzz::read);
    }

    private static Outcome read(byte[] bytes, int... cuts) {
        FuzzedChannel client = new FuzzedChannel();
        List<String> told = new ArrayList<>();
        ProxyHeaderReader reader = new ProxyHeaderReader(header -> {
            header.client().ifPresent(told::add);
            for (ProxyHeader.Version version : ProxyHeader.Version.values()) {
                told.add(sent(header, version));
            }
        });
        String relay = client.pipeline().context(RelayHandler.class).name();
        for (ChannelHandler handler : reader.handlers()) {
            client.pipeline().addBefore(relay, null, handler);
        }
        client.watch().feed(bytes, cuts);
        Outcome outcome = new Outcome(told, told.isEmpty() ? "" : client.passedOn(), client.isOpen());
        client.end();
        client.checkClean();
        return outcome;
    }

    private static String sent(ProxyHeader header, ProxyHeader.Version version) {
        EmbeddedChannel upstream = new EmbeddedChannel();
        String failure = String.valueOf(header.send(upstream, version).cause());
        ByteBuf bytes = upstream.readOutbound();
        String text = bytes == null ? failure : bytes.toString(StandardCharsets.ISO_8859_1);
        if (bytes != null) {
            bytes.release();
        }
        upstream.finishAndReleaseAll();
        return text;
    }
}
