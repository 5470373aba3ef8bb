// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A message's way from one connection to the next: what is said of the first alone is not passed on, and {@code Via} tells
 * of who did: RFC 9110, section 7.6.
 */
record HttpHop(Set<String> named) {
    /** Who we are in {@code Via}: a pseudonym, since what the host is called is nobody's business. */
    private static final String PSEUDONYM = "transport-splice";

    private static final AsciiString HTTP2_SETTINGS = AsciiString.cached("http2-settings");
    /** What is asked in HTTP/2 we would not see: RFC 9113 has done away with it. */
    private static final String HTTP_2 = "h2c";

    private static final List<AsciiString> OF_A_CONNECTION = List.of(
            HttpHeaderNames.CONNECTION,
            AsciiString.cached("keep-alive"),
            AsciiString.cached("proxy-connection"),
            HttpHeaderNames.PROXY_AUTHORIZATION,
            HttpHeaderNames.TE,
            HttpHeaderNames.UPGRADE,
            HTTP2_SETTINGS);
    /** Without these it would be another message, and its end elsewhere, so that nobody may name them. */
    private static final Set<String> OF_THE_MESSAGE = Set.of("host", "content-length", "transfer-encoding");

    /** Readies a head to be passed on. What comes of its connection is said anew. */
    static HttpHop pass(HttpMessage message) {
        HttpHeaders headers = message.headers();
        HttpVersion version = message.protocolVersion();
        Set<String> options = tokens(headers, HttpHeaderNames.CONNECTION);
        List<String> again = new ArrayList<>();
        if (!HttpUtil.isKeepAlive(message)) {
            again.add(HttpHeaderValues.CLOSE.toString());
        } else if (options.contains(HttpHeaderValues.KEEP_ALIVE.toString())) {
            again.add(HttpHeaderValues.KEEP_ALIVE.toString());
        }
        boolean wantsTrailers = tokens(headers, HttpHeaderNames.TE).contains(HttpHeaderValues.TRAILERS.toString());
        List<String> upgrade = isUpgrade(message) ? headers.getAll(HttpHeaderNames.UPGRADE) : List.of();

        options.removeAll(OF_THE_MESSAGE);
        HttpHop hop = new HttpHop(options);
        hop.clean(headers);
        if (wantsTrailers) { // they pass
            headers.set(HttpHeaderNames.TE, HttpHeaderValues.TRAILERS);
            again.add(HttpHeaderNames.TE.toString());
        }
        if (!upgrade.isEmpty()) {
            headers.set(HttpHeaderNames.UPGRADE, upgrade);
            again.add(HttpHeaderValues.UPGRADE.toString());
        }
        if (!again.isEmpty()) {
            headers.set(HttpHeaderNames.CONNECTION, String.join(", ", again));
        }
        headers.add(HttpHeaderNames.VIA, version.majorVersion() + "." + version.minorVersion() + " " + PSEUDONYM);
        if (version.minorVersion() > 1) { // we speak no other: RFC 9112, section 2.3
            message.setProtocolVersion(HttpVersion.HTTP_1_1);
        }
        return hop;
    }

    /** Whether it asks for another protocol, or tells of one. A client too old for that does not mean it. */
    static boolean isUpgrade(HttpMessage message) {
        return message.protocolVersion().minorVersion() > 0
                && message.headers().contains(HttpHeaderNames.UPGRADE)
                && !tokens(message.headers(), HttpHeaderNames.UPGRADE).contains(HTTP_2)
                && tokens(message.headers(), HttpHeaderNames.CONNECTION).contains(HttpHeaderValues.UPGRADE.toString());
    }

    /** What is true of the message as a whole is not to be said behind it: RFC 9110, section 6.5.1. */
    void cleanTrailers(HttpHeaders fields) {
        if (!fields.isEmpty()) { // as they are as a rule; and then they cannot be changed
            clean(fields);
            OF_THE_MESSAGE.forEach(fields::remove);
        }
    }

    /** Removes what the message's head has said to be of its connection. */
    private void clean(HttpHeaders fields) {
        OF_A_CONNECTION.forEach(fields::remove);
        named.forEach(fields::remove);
    }

    private static Set<String> tokens(HttpHeaders headers, AsciiString name) {
        return headers.getAll(name).stream()
                .flatMap(line -> List.of(line.split(",", -1)).stream())
                .map(token -> token.strip().toLowerCase(Locale.ROOT))
                .filter(token -> !token.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
