// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class HttpForwardingTest {
    private static final HttpForwarding FORWARDING = new HttpForwarding(List.of(Networks.rule("10.0.0.0/8")));

    /** What is passed on of a request that comes with the fields of another proxy, or of somebody who plays one. */
    private static HttpHeaders from(SocketAddress client) {
        DefaultHttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
        request.headers()
                .set("Host", "a.example:81")
                .set("forwarded", "for=6.6.6.6;proto=https")
                .set("x-forwarded-for", "6.6.6.6")
                .set("X-Forwarded-Host", "other")
                .set("X-FORWARDED-PROTO", "https")
                .set("X-Forwarded-Whatever", "1")
                .set("X_Forwarded_For", "6.6.6.6")
                .set("X-Mine", "2");
        FORWARDING.tell(request, client);
        return request.headers();
    }

    @Test
    void shouldPassOnWhatATrustedProxyTellsAndAddItself() {
        HttpHeaders headers = from(new InetSocketAddress("10.1.2.3", 4));
        assertEquals(
                List.of("for=6.6.6.6;proto=https", "for=10.1.2.3;host=\"a.example:81\";proto=http"),
                headers.getAll("Forwarded"));
        assertEquals(List.of("6.6.6.6", "10.1.2.3"), headers.getAll("X-Forwarded-For"));
        assertEquals(List.of("other"), headers.getAll("X-Forwarded-Host"));
        assertEquals(List.of("https"), headers.getAll("X-Forwarded-Proto"));
        assertEquals("1", headers.get("X-Forwarded-Whatever"));
        assertEquals("2", headers.get("X-Mine"));
    }

    @Test
    void shouldPassOnNothingThatOthersTellOfThemselves() {
        HttpHeaders headers = from(new InetSocketAddress("2001:db8::1", 4));
        assertEquals(List.of("for=\"[2001:db8::1]\";host=\"a.example:81\";proto=http"), headers.getAll("Forwarded"));
        assertEquals(List.of("2001:db8::1"), headers.getAll("X-Forwarded-For"));
        assertEquals(List.of("a.example:81"), headers.getAll("X-Forwarded-Host"));
        assertEquals(List.of("http"), headers.getAll("X-Forwarded-Proto"));
        assertFalse(headers.contains("X-Forwarded-Whatever"));
        assertFalse(headers.contains("X_Forwarded_For"));
        assertEquals("2", headers.get("X-Mine"));
    }

    @Test
    void shouldNotPretendToKnowWhoComesByAUnixSocket() {
        HttpHeaders headers = from(new DomainSocketAddress("/a"));
        assertEquals(List.of("for=unknown;host=\"a.example:81\";proto=http"), headers.getAll("Forwarded"));
        assertFalse(headers.contains("X-Forwarded-For"));
    }
}
