// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.address.DynamicAddressConnectHandler;
import io.netty.handler.address.ResolveAddressHandler;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.handler.ipfilter.RuleBasedIpFilter;
import io.netty.handler.logging.ByteBufFormat;
import io.netty.handler.pcap.PcapWriteHandler;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.Socks4ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.OptionalSslHandler;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import io.netty.handler.traffic.GlobalChannelTrafficShapingHandler;
import io.netty.handler.traffic.GlobalTrafficShapingHandler;
import io.netty.resolver.DefaultAddressResolverGroup;
import io.netty.util.Mapping;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.transportsplice.guests.Habits.Holding;
import io.transportsplice.guests.Habits.PassingEncoder;
import io.transportsplice.guests.Habits.Reshape;
import io.transportsplice.guests.Habits.Retaining;
import io.transportsplice.guests.Habits.Splitting;
import io.transportsplice.testing.Tls;
import java.io.ByteArrayOutputStream;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** All guests: Netty's own handlers that may stand in a proxy's pipeline, and what users write. */
final class Guests {
    private static final int SECONDS = 60;
    /** Bytes a second: so that a shaper has to wait, but a test has not. */
    private static final long RATE = 32 * 1024 * 1024;

    private static final int CHECK_MILLIS = 100;

    private static final SslContext TLS_SERVER = Tls.serverWithAlpn();

    private Guests() {}

    static List<Guest> all() {
        return Stream.of(watchers(), shapers(), users(), ciphers(), tls(), proxies(), Codecs.all())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Guest> watchers() {
        return List.of(
                new Guest("LoggingHandler", site -> site.add(LogSink.handler(site, ByteBufFormat.SIMPLE))).splices(),
                new Guest("LoggingHandler with hex dump", Guests::hexDump),
                Guest.of("IdleStateHandler", () -> new IdleStateHandler(SECONDS, SECONDS, SECONDS))
                        .splices(),
                Guest.of(
                                "IdleStateHandler that observes the output",
                                () -> new IdleStateHandler(true, 1, 1, 1, TimeUnit.SECONDS))
                        .splices(),
                Guest.of("ReadTimeoutHandler", () -> new ReadTimeoutHandler(SECONDS))
                        .splices(),
                Guest.of("WriteTimeoutHandler", () -> new WriteTimeoutHandler(SECONDS))
                        .splices(),
                Guest.of("FlowControlHandler", FlowControlHandler::new).splices(),
                Guest.of("FlushConsolidationHandler", () -> new FlushConsolidationHandler(64, true))
                        .splices(),
                Guest.of("ChunkedWriteHandler", ChunkedWriteHandler::new).splices(),
                Guest.of("RuleBasedIpFilter", Guests::filter).splices(),
                Guest.of("DynamicAddressConnectHandler", SameAddresses::new).splices(),
                Guest.of("ResolveAddressHandler", () -> new ResolveAddressHandler(DefaultAddressResolverGroup.INSTANCE))
                        .splices(),
                new Guest("PcapWriteHandler", Guests::pcap));
    }

    private static void hexDump(Site site) {
        site.add(LogSink.handler(site, ByteBufFormat.HEX_DUMP));
    }

    private static RuleBasedIpFilter filter() {
        return new RuleBasedIpFilter(true, new IpSubnetFilterRule("192.0.2.0", 24, IpFilterRuleType.REJECT));
    }

    private static void pcap(Site site) {
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        site.add(PcapWriteHandler.builder().build(captured));
        site.check(() -> {
            if (!Capture.has(GuestCase.STREAM, captured.toByteArray())) {
                throw new AssertionError("PcapWriteHandler did not see the stream");
            }
        });
    }

    private static final class SameAddresses extends DynamicAddressConnectHandler {
        @Override
        protected SocketAddress remoteAddress(SocketAddress remote, SocketAddress local) {
            return remote;
        }
    }

    private static List<Guest> shapers() {
        return List.of(
                Guest.of(
                                "ChannelTrafficShapingHandler",
                                () -> new ChannelTrafficShapingHandler(RATE, RATE, CHECK_MILLIS))
                        .splices()
                        .queues(),
                new Guest("GlobalTrafficShapingHandler", site -> {
                            GlobalTrafficShapingHandler shaper = new GlobalTrafficShapingHandler(
                                    GlobalEventExecutor.INSTANCE, RATE, RATE, CHECK_MILLIS);
                            site.add(shaper);
                            site.channel().closeFuture().addListener(closed -> shaper.release());
                        })
                        .splices()
                        .queues(),
                new Guest("GlobalChannelTrafficShapingHandler", site -> {
                            GlobalChannelTrafficShapingHandler shaper = new GlobalChannelTrafficShapingHandler(
                                    GlobalEventExecutor.INSTANCE, RATE, RATE, RATE, RATE, CHECK_MILLIS);
                            site.add(shaper);
                            site.channel().closeFuture().addListener(closed -> shaper.release());
                        })
                        .splices()
                        .queues());
    }

    private static List<Guest> users() {
        return List.of(
                Guest.of("a cast", () -> new Reshape(bytes -> bytes)).splices(),
                Guest.of(
                                "retain and release",
                                () -> new Reshape(bytes -> {
                                    bytes.retain().touch("seen").release();
                                    return bytes;
                                }))
                        .splices(),
                Guest.of("SimpleChannelInboundHandler that retains", Retaining::new)
                        .splices(),
                Guest.of("MessageToMessageEncoder that passes on", PassingEncoder::new)
                        .splices(),
                Guest.of(
                                "duplicates",
                                () -> new Reshape(bytes -> {
                                    bytes = bytes.duplicate();
                                    return bytes;
                                }))
                        .splices(),
                Guest.of(
                                "retained duplicates",
                                () -> new Reshape(bytes -> {
                                    bytes.retainedDuplicate().release();
                                    return bytes;
                                }))
                        .splices(),
                Guest.of(
                                "whole slices",
                                () -> new Reshape(
                                        bytes -> bytes.slice().duplicate().slice()))
                        .splices(),
                Guest.of("read-only views", () -> new Reshape(bytes -> bytes.asReadOnly()))
                        .splices(),
                new Guest("another executor", site -> site.addElsewhere(new Reshape(bytes -> bytes)))
                        .splices()
                        .elsewhere(),
                Guest.of("two slices of each", Splitting::new),
                Guest.of(
                        "composites",
                        () -> new Reshape(bytes -> bytes.isReadable()
                                ? bytes.alloc().compositeBuffer().addComponent(true, bytes)
                                : bytes)),
                Guest.of(
                        "copies",
                        () -> new Reshape(bytes -> {
                            try {
                                return bytes.copy();
                            } finally {
                                bytes.release();
                            }
                        })),
                Guest.of("20 messages held", () -> new Holding(20)).holds(),
                Guest.of("2 messages held", () -> new Holding(2)).holds());
    }

    private static List<Guest> ciphers() {
        return List.of(
                Guest.of("cipher: MessageToMessageCodec", Ciphers.Codec::new).wire(Wire.ENCIPHERED),
                new Guest(
                                "cipher: MessageToByteEncoder",
                                site -> site.add(new Ciphers.Decoder(), new Ciphers.Encoder()))
                        .wire(Wire.ENCIPHERED),
                Guest.of("cipher: CombinedChannelDuplexHandler", Ciphers.Combined::new)
                        .wire(Wire.ENCIPHERED),
                Guest.of("cipher: in place", () -> new Ciphers.InPlace(false)).wire(Wire.ENCIPHERED),
                Guest.of("cipher: in its memory", () -> new Ciphers.InPlace(true))
                        .wire(Wire.ENCIPHERED));
    }

    private static List<Guest> tls() {
        return List.of(
                new Guest(
                                "SslHandler",
                                site -> site.add(
                                        TLS_SERVER.newHandler(site.channel().alloc())))
                        .tls(),
                Guest.of("SniHandler", () -> new SniHandler((Mapping<String, SslContext>) name -> TLS_SERVER))
                        .tls()
                        .atSourcesOnly(),
                new Guest(
                                "ApplicationProtocolNegotiationHandler",
                                site -> site.add(
                                        TLS_SERVER.newHandler(site.channel().alloc()), new Negotiation()))
                        .tls(),
                Guest.of("OptionalSslHandler, TLS", () -> new OptionalSslHandler(TLS_SERVER))
                        .tls()
                        .atSourcesOnly(),
                Guest.of("OptionalSslHandler, no TLS", () -> new OptionalSslHandler(TLS_SERVER)));
    }

    private static final class Negotiation extends ApplicationProtocolNegotiationHandler {
        Negotiation() {
            super("none");
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
            if (!protocol.equals(ApplicationProtocolNames.HTTP_1_1)) {
                throw new IllegalStateException(protocol);
            }
        }
    }

    private static List<Guest> proxies() {
        return List.of(
                new Guest("HttpProxyHandler", site -> site.add(new HttpProxyHandler(site.backend())))
                        .connects()
                        .greeting(ProxyGreetings::http)
                        .splices(),
                new Guest("Socks4ProxyHandler", site -> site.add(new Socks4ProxyHandler(site.backend())))
                        .connects()
                        .greeting(ProxyGreetings::socks4)
                        .splices(),
                new Guest("Socks5ProxyHandler", site -> site.add(new Socks5ProxyHandler(site.backend())))
                        .connects()
                        .greeting(ProxyGreetings::socks5)
                        .splices());
    }
}
