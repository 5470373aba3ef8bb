// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:7001", "0.0.0.0:0", "127.0.0.1:65535", "unix:/run/some.sock", "unix:relative"})
    void shouldPrintWhatItParsed(String text) {
        assertEquals(text, Endpoint.parse(text).toString());
    }

    @Test
    void shouldTakeAnIpV6LiteralInBrackets() {
        Endpoint endpoint = Endpoint.parse("[::1]:80");

        InetSocketAddress address = (InetSocketAddress) endpoint.address();
        assertEquals(80, address.getPort());
        assertTrue(address.getAddress().isLoopbackAddress());
        assertEquals(endpoint, Endpoint.parse(endpoint.toString()));
    }

    @Test
    void shouldResolveNamesToListenOnAndNoOthers() {
        InetSocketAddress address =
                (InetSocketAddress) Endpoint.parseLocal("localhost:80").address();

        assertTrue(address.getAddress().isLoopbackAddress());
        assertEquals("localhost:80", Endpoint.parse("localhost:80").toString());
        assertFalse(Endpoint.parse("localhost:80").isResolved());
        assertEquals(Endpoint.parse("127.0.0.1:80"), Endpoint.parseLocal("127.0.0.1:80"));
    }

    @ParameterizedTest
    @CsvSource({
        "nothing, is not HOST:PORT",
        ":80, lacks a host",
        "127.0.0.1:, is not a port",
        "127.0.0.1:http, is not a port",
        "127.0.0.1:-1, is not a port",
        "127.0.0.1:٣, is not a port",
        "127.0.0.1:65536, is not in 0..65535",
        "127.0.0.1:99999999999999999999, is not a port",
        "::1:80, IPv6 is written [::1]:PORT",
        "[::1:80, IPv6 is written [::1]:PORT",
        "[127.0.0.1]:80, IPv6 is written [::1]:PORT",
        "no-such-host.invalid:80, unknown host 'no-such-host.invalid'",
        "unix:, lacks a path",
    })
    void shouldSayWhatIsWrong(String text, String complaint) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> Endpoint.parseLocal(text));

        assertTrue(e.getMessage().contains(complaint), e.getMessage());
    }

    @Test
    void shouldRefuseAUnixPathThatTheKernelHasNoRoomFor() {
        assertThrows(IllegalArgumentException.class, () -> Endpoint.parse("unix:/" + "x".repeat(107)));

        assertTrue(Endpoint.parse("unix:/" + "x".repeat(106)).isUnix());
    }

    @Test
    void shouldPickTheChannelThatFits() {
        Endpoint tcp = Endpoint.parse("127.0.0.1:80");
        Endpoint unix = Endpoint.parse("unix:/run/some.sock");

        assertEquals(EpollSocketChannel.class, tcp.channelType());
        assertEquals(EpollServerSocketChannel.class, tcp.serverChannelType());
        assertEquals(EpollDomainSocketChannel.class, unix.channelType());
        assertEquals(EpollServerDomainSocketChannel.class, unix.serverChannelType());
    }

    @Test
    void shouldKnowThatPortZeroIsOnlyToListen() {
        assertFalse(Endpoint.parse("127.0.0.1:0").isConnectable());
        assertTrue(Endpoint.parse("127.0.0.1:1").isConnectable());
        assertTrue(Endpoint.parse("unix:/run/some.sock").isConnectable());
    }
}
