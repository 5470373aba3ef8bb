// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ipfilter.IpFilterRule;
import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Locale;

/**
 * Tells the upstream who asks, for which host and how: {@code Forwarded} (RFC 7239), and what was used before there was
 * that. What a client says of itself is believed only of proxies that are trusted, and is not passed on of others.
 */
record HttpForwarding(List<IpFilterRule> trusted) {
    private static final String FORWARDED = "forwarded";
    private static final String OLD = "x-forwarded-";
    private static final String OLD_FOR = "X-Forwarded-For";
    private static final String OLD_HOST = "X-Forwarded-Host";
    private static final String OLD_PROTO = "X-Forwarded-Proto";

    void tell(HttpRequest request, SocketAddress client) {
        HttpHeaders headers = request.headers();
        if (!isTrusted(client)) {
            clean(headers);
        }
        String host = headers.get(HttpHeaderNames.HOST, "");
        StringBuilder element = new StringBuilder("for=").append(node(client));
        if (!host.isEmpty()) {
            element.append(";host=\"").append(host).append('"'); // HttpRules lets no quote into it
            addIfMissing(headers, OLD_HOST, host);
        }
        headers.add(FORWARDED, element.append(";proto=http"));
        addIfMissing(headers, OLD_PROTO, "http");
        if (client instanceof InetSocketAddress address) {
            headers.add(OLD_FOR, text(address));
        }
    }

    /** Of trailers, too, which others may take for fields of the head: RFC 9110, section 6.5.1. */
    static void clean(HttpHeaders fields) {
        for (String name : List.copyOf(fields.names())) {
            String lower = name.toLowerCase(Locale.ROOT).replace('_', '-'); // CGI makes one variable of both
            if (lower.equals(FORWARDED) || lower.startsWith(OLD)) {
                fields.remove(name);
            }
        }
    }

    private boolean isTrusted(SocketAddress client) {
        return client instanceof InetSocketAddress address && Networks.contain(trusted, address);
    }

    /** What the first proxy has seen is what matters. */
    private static void addIfMissing(HttpHeaders headers, String name, String value) {
        if (!headers.contains(name)) {
            headers.add(name, value);
        }
    }

    /** RFC 7239, section 6. */
    private static String node(SocketAddress client) {
        if (!(client instanceof InetSocketAddress address)) {
            return "unknown";
        }
        return address.getAddress() instanceof Inet6Address ? "\"[" + text(address) + "]\"" : text(address);
    }

    private static String text(InetSocketAddress address) {
        return NetUtil.bytesToIpAddress(address.getAddress().getAddress());
    }
}
