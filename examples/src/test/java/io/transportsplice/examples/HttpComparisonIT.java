// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.examples.HttpCase.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same bytes through http-reverse-proxy, nginx and HAProxy. Of ours it asserts what comes of them; of the others it
 * tells that, in {@code target/http-comparison.md}.
 */
@Timeout(180)
class HttpComparisonIT {
    private static final String NGINX = """
        server {
            listen 127.0.0.1:%%1$d;
            location / {
                proxy_pass http://%s;
                proxy_http_version 1.1;
                proxy_set_header Host $http_host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            }
        }
        """;
    private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    private static final String RESET = "<reset>";
    private static final Pattern LENGTH = Pattern.compile("\r\ncontent-length: *(\\d+)\r\n");
    private static final Pattern CHUNKED = Pattern.compile("\r\ntransfer-encoding: *chunked\r\n");
    private static final int PATIENCE_MILLIS = 10_000;
    /** Some answers make nginx wait for more. */
    private static final int PATIENCE_WITH_OTHERS_MILLIS = 1_000;

    @TempDir
    private static Path directory;

    private final BlockingQueue<String> heads = new LinkedBlockingQueue<>();
    private volatile String answer;

    @Test
    void shouldDoWithEachMessageWhatTheTableSays() throws Exception {
        Programs.require("nginx", "haproxy");
        try (WireServer upstream = WireServer.start();
                ProxyProcess ours = ProxyProcess.start("http-reverse-proxy", "--to", upstream.endpoint());
                Nginx nginx = Nginx.start(directory, NGINX.formatted(upstream.endpoint()), 1);
                Haproxy haproxy = Haproxy.start(directory, upstream.endpoint())) {
            upstream.each(this::serve);
            StringBuilder table =
                    new StringBuilder("| | http-reverse-proxy | nginx | HAProxy |\n| --- | --- | --- | --- |\n");
            List<String> wrong = new ArrayList<>();
            for (HttpCase each : HttpCase.all()) {
                String here = outcome(each, ours.port(), PATIENCE_MILLIS);
                table.append("| %s | %s | %s | %s |\n"
                        .formatted(
                                each.name(),
                                here,
                                outcome(each, nginx.port(0), PATIENCE_WITH_OTHERS_MILLIS),
                                outcome(each, haproxy.port(), PATIENCE_WITH_OTHERS_MILLIS)));
                if (!here.equals(each.expected())) {
                    wrong.add(each.name() + ": " + here + " instead of " + each.expected());
                }
            }
            Files.writeString(Path.of("target/http-comparison.md"), table);
            assertEquals(List.of(), wrong);
        }
    }

    /** Takes a request with all of its content, and answers. */
    private void serve(Socket connection) throws IOException {
        connection.setSoTimeout(PATIENCE_MILLIS);
        String head = WireServer.head(connection);
        if (!head.endsWith("\r\n\r\n")) {
            return;
        }
        heads.add(head);
        content(connection, head);
        WireServer.write(connection, answer.replace(RESET, ""));
        connection.setSoLinger(answer.endsWith(RESET), 0);
    }

    /** Whether it has come to its end. */
    private static boolean content(Socket connection, String head) throws IOException {
        String fields = head.toLowerCase(Locale.ROOT);
        Matcher length = LENGTH.matcher(fields);
        if (CHUNKED.matcher(fields).find()) {
            return WireServer.until(connection, "0\r\n\r\n").endsWith("0\r\n\r\n");
        }
        if (length.find()) {
            int count = Integer.parseInt(length.group(1));
            return connection.getInputStream().readNBytes(count).length == count;
        }
        return true;
    }

    private String outcome(HttpCase each, int port, int patienceMillis) throws IOException {
        boolean isRequest = each.kind() == Kind.REQUEST;
        heads.clear();
        answer = isRequest ? OK : each.message();
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setSoTimeout(patienceMillis);
            WireServer.write(client, isRequest ? each.message() : GET);
            String outcome = answer(client);
            String head = heads.poll();
            return isRequest && head != null ? outcome + passedOn(head, each.fields()) : outcome;
        }
    }

    /** The status, and whether the rest has come. */
    private static String answer(Socket client) throws IOException {
        String head = "";
        try {
            do {
                head = WireServer.head(client);
            } while (head.startsWith("HTTP/1.1 10"));
            if (!head.startsWith("HTTP/1.")) {
                return head.isEmpty() ? "closed" : "no HTTP/1";
            }
            String status = head.substring(9, 12);
            boolean isDelimited = LENGTH.matcher(head.toLowerCase(Locale.ROOT)).find()
                    || CHUNKED.matcher(head.toLowerCase(Locale.ROOT)).find();
            if (!isDelimited) {
                WireServer.rest(client);
            }
            return content(client, head) ? status : status + ", cut";
        } catch (SocketTimeoutException e) {
            return "nothing";
        } catch (SocketException e) {
            return head.isEmpty() ? "reset" : head.substring(9, 12) + ", cut";
        }
    }

    private static String passedOn(String head, String names) {
        StringBuilder text = new StringBuilder(", ");
        text.append(head, 0, head.indexOf(" HTTP/"));
        List<String> watched = List.of(names.split(",", -1));
        head.lines().skip(1).forEach(line -> {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon).toLowerCase(Locale.ROOT);
            if (!name.isEmpty() && watched.contains(name)) {
                text.append(", ").append(name).append(line.substring(colon));
            }
        });
        return text.toString();
    }
}
