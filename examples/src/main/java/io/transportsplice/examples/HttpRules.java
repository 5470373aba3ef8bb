// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What RFC 9112 wants refused that Netty's decoders let pass, and what to answer to what they do not. */
final class HttpRules {
    /** Visible ASCII but for the fragment's mark (section 3.2), and what browsers of old do not encode. */
    private static final Pattern TARGET = Pattern.compile("[\\x21\\x22\\x24-\\x7e\\x80-\\xff]+");
    /** {@code uri-host [ ":" port ]}, which may be empty in Host: RFC 9110, section 7.2. */
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:[-.~\\w!$&'()*+,;=%]*+|\\[[0-9A-Fa-f:.]++])(?::\\d*+)?");

    private static final Pattern ABSOLUTE = Pattern.compile("https?://[^/?]++.*", Pattern.CASE_INSENSITIVE);
    private static final Pattern HOPS = Pattern.compile("\\d{1,9}");
    private static final int FIRST_STATUS = 100;
    private static final int LAST_STATUS = 999;

    private HttpRules() {}

    /** The status to refuse a request with, by its head; {@code null} if it may pass. */
    static HttpResponseStatus refusal(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return undecodable(request);
        }
        if (!isOurVersion(request.protocolVersion())) {
            return HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
        }
        if (!isHostRight(request) || !isTargetRight(request)) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        return isCodingKnown(request) ? null : HttpResponseStatus.NOT_IMPLEMENTED;
    }

    /** Section 6.1. Of those that do not end with chunked the decoder has complained. */
    private static boolean isCodingKnown(HttpRequest request) {
        return request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING).stream()
                .allMatch(coding -> HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding.strip()));
    }

    /** Whether it is for those behind us, too, one fewer of whom may then have it: RFC 9110, section 7.6.2. */
    static boolean mayGoOn(HttpRequest request) {
        HttpMethod method = request.method();
        String hops = request.headers().get(HttpHeaderNames.MAX_FORWARDS);
        boolean isLimited = method.equals(HttpMethod.OPTIONS) || method.equals(HttpMethod.TRACE);
        if (!isLimited || hops == null || !HOPS.matcher(hops).matches()) {
            return true;
        }
        int left = Integer.parseInt(hops) - 1;
        request.headers().set(HttpHeaderNames.MAX_FORWARDS, left);
        return left >= 0;
    }

    /** The status to refuse a part of a request with that could not be decoded. */
    static HttpResponseStatus undecodable(HttpObject part) {
        DecoderResult result = part.decoderResult();
        if (result.cause() instanceof TooLongHttpLineException && part instanceof HttpRequest) {
            return HttpResponseStatus.REQUEST_URI_TOO_LONG;
        }
        return result.cause() instanceof TooLongHttpHeaderException
                ? HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                : HttpResponseStatus.BAD_REQUEST;
    }

    /** What it is counted as to refuse a part of a request with a status. */
    static Refusal reason(HttpResponseStatus status, HttpObject part) {
        if (part.decoderResult().cause() instanceof PrematureChannelClosureException) {
            return Refusal.INCOMPLETE;
        }
        return status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED) || status.equals(HttpResponseStatus.NOT_IMPLEMENTED)
                ? Refusal.UNSUPPORTED
                : Refusal.PROTOCOL;
    }

    /** Whether an upstream's head is one of HTTP/1, which says once how long its body is: RFC 9112, section 6.3. */
    static boolean isAnswer(HttpResponse response) {
        int status = response.status().code();
        boolean isDelimitedTwice = response.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                && response.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
        return isOurVersion(response.protocolVersion())
                && status >= FIRST_STATUS
                && status <= LAST_STATUS
                && !isDelimitedTwice;
    }

    private static boolean isOurVersion(HttpVersion version) {
        return version.majorVersion() == 1;
    }

    /** Section 3.2: exactly one, but for a client that is too old to have to. */
    private static boolean isHostRight(HttpRequest request) {
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        return hosts.isEmpty()
                ? request.protocolVersion().equals(HttpVersion.HTTP_1_0)
                : hosts.size() == 1 && AUTHORITY.matcher(hosts.get(0)).matches();
    }

    private static boolean isTargetRight(HttpRequest request) {
        String target = request.uri();
        if (!TARGET.matcher(target).matches()) {
            return false;
        }
        if (request.method().equals(HttpMethod.CONNECT)) {
            return AUTHORITY.matcher(target).matches();
        }
        return target.startsWith("/")
                || (target.equals("*") && request.method().equals(HttpMethod.OPTIONS))
                || (isAbsolute(target) && isAuthorityRight(authority(target)));
    }

    private static boolean isAuthorityRight(String authority) {
        return !authority.startsWith(":") && AUTHORITY.matcher(authority).matches();
    }

    /**
     * A target with scheme and authority is for proxies; the server behind this one is asked for the path alone, of the
     * host that the target names: sections 3.2.1 and 3.2.2.
     */
    static void makeOriginForm(HttpRequest request) {
        String target = request.uri();
        if (!isAbsolute(target)) {
            return;
        }
        String authority = authority(target);
        String path = target.substring(target.indexOf(authority, target.indexOf("//")) + authority.length());
        if (path.isEmpty() && request.method().equals(HttpMethod.OPTIONS)) {
            path = "*"; // section 3.2.4
        }
        request.setUri(path.isEmpty() || path.startsWith("?") ? "/" + path : path);
        request.headers().set(HttpHeaderNames.HOST, authority);
    }

    private static boolean isAbsolute(String target) {
        return target.toLowerCase(Locale.ROOT).startsWith("http")
                && ABSOLUTE.matcher(target).matches();
    }

    private static String authority(String absolute) {
        int start = absolute.indexOf("://") + 3;
        int end = start;
        while (end < absolute.length() && absolute.charAt(end) != '/' && absolute.charAt(end) != '?') {
            end++;
        }
        return absolute.substring(start, end);
    }
}
