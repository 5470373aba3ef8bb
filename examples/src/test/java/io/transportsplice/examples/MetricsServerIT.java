// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.transportsplice.EpollSplice;
import io.transportsplice.SpliceOptions;
import io.transportsplice.examples.Programs.Ended;
import io.transportsplice.micrometer.SpliceMeterBinder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The listener of metrics under clients of all manners, while the proxy relays. */
@Timeout(120)
class MetricsServerIT {
    private static final String GET = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    /** What the kernel takes for a proxy that does not read, by the default of tcp_rmem and tcp_wmem, is less. */
    private static final long MAX_UNREAD = 32L << 20;

    /** The answers to what a socket holds of requests would be a GiB or more. */
    private static final long MAX_MORE_KIB = 300 << 10;

    private static final long QUIET_MILLIS = 2_000;

    private static ServerSocket upstream;
    private static ProxyProcess proxy;

    @BeforeAll
    static void start() throws IOException {
        upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        proxy = ProxyProcess.start("tcp-proxy", "--to", "127.0.0.1:" + upstream.getLocalPort());
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        upstream.close();
    }

    private static InetSocketAddress metrics() {
        return new InetSocketAddress(
                InetAddress.getLoopbackAddress(), URI.create(proxy.page()).getPort());
    }

    /** A client sends a byte, and its upstream another one back. */
    private static void assertRelays() throws IOException {
        try (Socket client = proxy.connect();
                Socket server = upstream.accept()) {
            client.getOutputStream().write(1);
            assertEquals(1, server.getInputStream().read());
            server.getOutputStream().write(2);
            assertEquals(2, client.getInputStream().read());
        }
    }

    /** All that is answered to some bytes, up to the end. */
    private static String talk(String sent) throws IOException {
        try (Socket client = new Socket()) {
            client.setSoTimeout(30_000);
            client.connect(metrics());
            client.getOutputStream().write(sent.getBytes(StandardCharsets.UTF_8));
            client.shutdownOutput();
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Asks without reading, until nothing more is taken; tells how many bytes were. */
    private static long askWithoutReading(SocketChannel client, String request) throws IOException {
        ByteBuffer requests = ByteBuffer.wrap(request.repeat(2_000).getBytes(StandardCharsets.US_ASCII));
        long sent = 0;
        client.configureBlocking(false);
        try (Selector selector = Selector.open()) {
            client.register(selector, SelectionKey.OP_WRITE);
            while (sent <= MAX_UNREAD && selector.select(QUIET_MILLIS) > 0) {
                selector.selectedKeys().clear();
                sent += client.write(requests);
                if (!requests.hasRemaining()) {
                    requests.clear();
                }
            }
        }
        return sent;
    }

    @ParameterizedTest
    @ValueSource(strings = {GET, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"})
    void shouldNotMindAClientThatPipelinesAndReadsNothing(String request) throws Exception {
        try (SocketChannel client = SocketChannel.open(metrics())) {
            long before = proxy.residentKib();
            long sent = askWithoutReading(client, request);
            assertTrue(sent <= MAX_UNREAD, "goes on reading: " + sent);
            long more = proxy.residentKib() - before;
            assertTrue(more < MAX_MORE_KIB, "keeps KiB: " + more);
            assertRelays();
            assertEquals(200, proxy.get("/metrics").statusCode());
        }
    }

    @Test
    void shouldHoldFewConnectionsAtATime() throws Exception {
        assertEquals(200, proxy.get("/metrics").statusCode());
        long before = proxy.descriptors();
        List<SocketChannel> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                clients.add(SocketChannel.open(metrics()));
            }
            assertRelays();
            long more = proxy.descriptors() - before;
            assertTrue(more < 100, "descriptors: " + more);
        } finally {
            for (SocketChannel client : clients) {
                client.close();
            }
        }
        assertEquals(200, proxy.get("/metrics").statusCode());
    }

    @Test
    void shouldAnswerAllThatWasAskedBeforeAClientEnded() throws IOException {
        int count = 1_000;
        String answers = talk(GET.repeat(count));
        assertEquals(count, answers.split("HTTP/1.1 200 OK", -1).length - 1);
        assertEquals(count, answers.split("\nproxy_clients ", -1).length - 1);
    }

    @ParameterizedTest
    @CsvSource({
        "GET /metrics HTTP/1.1, 200",
        "GET /metrics?match[]=x HTTP/1.1, 200",
        "GET http://proxy.example/metrics HTTP/1.1, 200",
        "GET /healthz HTTP/1.1, 200",
        "GET /readyz HTTP/1.1, 200",
        "GET / HTTP/1.0, 200",
        "GET /else HTTP/1.1, 404",
        "GET //metrics HTTP/1.1, 404",
        "GET /%zz HTTP/1.1, 400",
        "GET /% HTTP/1.1, 400",
        "GET /metrics?%zz HTTP/1.1, 400",
        "GET /a|b HTTP/1.1, 400",
        "HEAD /%zz HTTP/1.1, 400",
        "nonsense, 400",
        "POST /metrics HTTP/1.1, 405",
        "OPTIONS * HTTP/1.1, 405",
        "HEAD /metrics HTTP/1.1, 200",
        "HEAD / HTTP/1.1, 200",
        "HEAD /else HTTP/1.1, 404",
    })
    void shouldAnswerAsHttpHasIt(String requestLine, int status) throws IOException {
        String answer = talk(requestLine + "\r\nHost: x\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        int end = answer.indexOf("\r\n\r\n") + 4;
        int length = Integer.parseInt(answer.replaceAll("(?is).*\r\ncontent-length: (\\d+)\r\n.*", "$1"));
        assertTrue(length > 0, answer);
        boolean isHead = requestLine.startsWith("HEAD ");
        int body = answer.substring(end).getBytes(StandardCharsets.UTF_8).length;
        assertEquals(isHead ? 0 : length, body, answer);
        assertEquals(status == 405, answer.contains("allow: GET, HEAD\r\n"), answer);
    }

    @Test
    void shouldHaveTheNamesThatOperatorsReadOf() throws Exception {
        Set<String> told = names(Files.readString(Path.of("../docs/operations.md")), "`(splice_\\w+)");
        assertTrue(told.contains("splice_available") && told.contains("splice_pipes_dirty_total"), told::toString);
        Set<String> shown = names(proxy.get("/metrics").body(), "(?m)^(splice_\\w+)[ {]");
        assertEquals(told, shown);
    }

    @Test
    void shouldHaveTheNamesThatTheLibraryGivesToMicrometer() throws Exception {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new SpliceMeterBinder().bindTo(registry);
        String samples = "(?m)^(splice_[^ ]+) ";
        assertEquals(
                names(registry.scrape(), samples), names(proxy.get("/metrics").body(), samples));
    }

    @Test
    void shouldSayWhatItIs() throws Exception {
        String info = proxy.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("proxy_info{"))
                .findFirst()
                .orElseThrow();
        for (String label : List.of(
                "program=\"tcp-proxy\"",
                "listen=\"" + proxy.endpoint() + "\"",
                "mode=\"auto\"",
                "kernel=\"" + EpollSplice.kernel() + "\"",
                "pipe_capacity=\"" + SpliceOptions.defaults().pipeCapacity() + "\"")) {
            assertTrue(info.contains(label), info);
        }
        assertTrue(info.matches(".*,version=\"\\d.*"), info);
    }

    @Test
    void shouldHaveMetricsThatPrometheusHasNothingAgainst() throws Exception {
        Programs.require("promtool");
        Ended ended = Programs.filter(proxy.get("/metrics").body(), "promtool", "check", "metrics");
        assertEquals("", ended.out());
        Programs.mustSucceed(ended);
    }

    private static Set<String> names(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
