// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.Skip;
import io.transportsplice.testing.TestRelay;
import io.transportsplice.testing.Tls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two connected channels of which the sink speaks TLS, as a client or as a server, and the source may: without a handler
 * and with one of each policy, in a wrapped group and in a stock one.
 */
@ExtendWith(Baseline.class)
@Timeout(60)
@ParameterizedClass
@MethodSource("ways")
abstract class IntoTlsFixture {
    static final int BYTES = 300_000;
    static final int REST = 5000;

    /** With a policy of null a transfer finds no splice handler there. */
    record Way(Tls tls, boolean up, SpliceOptions.Policy policy, boolean wraps) {
        Side source() {
            return up ? Side.FRONT : Side.BACK;
        }

        Side sink() {
            return up ? Side.BACK : Side.FRONT;
        }

        boolean hasTlsAtBoth() {
            return tls.isOn(source());
        }
    }

    static List<Way> ways() {
        List<Way> ways = new ArrayList<>();
        for (boolean wraps : new boolean[] {false, true}) {
            addWays(ways, null, wraps);
            for (SpliceOptions.Policy policy : SpliceOptions.Policy.values()) {
                addWays(ways, policy, wraps);
            }
        }
        ways.add(new Way(Tls.BACK_12, true, SpliceOptions.Policy.AUTO, true));
        ways.add(new Way(Tls.BOTH_12, false, SpliceOptions.Policy.ALWAYS, false));
        ways.add(new Way(Tls.FRONT_OPENSSL, false, SpliceOptions.Policy.ALWAYS, true));
        ways.add(new Way(Tls.BACK_OPENSSL, true, SpliceOptions.Policy.AUTO, false));
        return ways;
    }

    private static void addWays(List<Way> ways, SpliceOptions.Policy policy, boolean wraps) {
        ways.add(new Way(Tls.BACK, true, policy, wraps));
        ways.add(new Way(Tls.FRONT, false, policy, wraps));
        ways.add(new Way(Tls.BOTH, true, policy, wraps));
    }

    @Parameter
    Way way;

    final Rig rig = new Rig(Mode.PLAIN);
    Channel source;
    Channel sink;
    Pattern pattern;
    /** Who sends what the source reads. */
    FarEnd client;

    /** Who reads what is written to the sink. */
    FarEnd server;

    /** The handlers are put together by one, and the last of them is another's; the handshakes are to come. */
    void open(
            BiConsumer<Side, ChannelPipeline> assembles,
            Supplier<ChannelHandler> last,
            BiConsumer<Channel, Channel> join)
            throws Exception {
        Skip.unless(!way.tls.name().endsWith("OPENSSL") || OpenSsl.isAvailable(), "no OpenSSL for Netty");
        rig.configure(c -> c.wrapped(way.wraps).pipeline(assembles).relay(last, join));
        Link link = rig.link(Route.TCP_TCP_UP);
        TestRelay.Pair pair = rig.relay().lastPair();
        source = way.up ? pair.front() : pair.back();
        sink = way.up ? pair.back() : pair.front();
        pattern = link.forward();
        FarEnd front = way.tls.farEnd(Side.FRONT, link.source());
        FarEnd back = way.tls.farEnd(Side.BACK, link.sink());
        client = way.up ? front : back;
        server = way.up ? back : front;
    }

    @AfterEach
    void close() throws Exception {
        try {
            if (source != null) {
                source.close().sync();
                sink.close().sync();
            }
        } finally {
            rig.close();
        }
    }

    EpollSpliceHandler newHandler() {
        return way.policy == null
                ? new EpollSpliceHandler()
                : new EpollSpliceHandler(
                        SpliceOptions.builder().policy(way.policy).build());
    }

    void handshake() throws Exception {
        var other = rig.async(server::handshake);
        client.handshake();
        Rig.await(other);
    }

    void carry(long from, long to) throws Exception {
        var sent = rig.async(() -> client.send(pattern, from, to));
        server.receive(pattern, from, to);
        Rig.await(sent);
    }

    /** As whoever has written all: by a close_notify, and a FIN. */
    void endSink() {
        sink.pipeline()
                .get(SslHandler.class)
                .closeOutbound()
                .addListener(ended -> ((DuplexChannel) sink).shutdownOutput());
    }

    static long await(Future<Long> moved) throws Exception {
        return moved.get(Await.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    /** By an error of the connection. */
    static void expectFailed(Future<Long> moved) {
        ExecutionException e = assertThrows(ExecutionException.class, () -> await(moved));
        assertInstanceOf(IOException.class, e.getCause());
    }
}
