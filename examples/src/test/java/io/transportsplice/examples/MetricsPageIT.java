// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.examples.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page of metrics in a real browser, after the proxy has carried a download. */
@Timeout(120)
class MetricsPageIT {
    private static final int SIZE = 24 * 1024 * 1024;
    private static final String SERVER = "server { listen 127.0.0.1:%1$d; root www; }";

    @Test
    void shouldShowWhatTheProxyDoes(@TempDir Path directory) throws IOException {
        Programs.require("nginx", "curl", "chromium");
        Files.createDirectories(directory.resolve("www"));
        Programs.randomFile(directory.resolve("www/data"), SIZE);
        int freePort = Programs.freePort();
        try (Nginx nginx = Nginx.start(directory, SERVER, 1);
                ProxyProcess proxy = start("127.0.0.1:" + freePort, "127.0.0.1:" + nginx.port(0))) {
            Programs.mustSucceed(Programs.curl("-o", "/dev/null", "http://" + proxy.endpoint() + "/data"));
            proxy.awaitMetric("proxy_clients", clients -> clients == 0);
            String shown = browse(directory, proxy.page());
            for (String line : List.of(
                    "tcp-proxy degraded listens on " + proxy.endpoint(),
                    "mode splice",
                    ", pipes of 1.00 MiB",
                    "left out for a while: 127.0.0.1:" + freePort,
                    "100.0 % spliced, of all bytes 0 clients now",
                    "127.0.0.1:" + freePort + " down 0 0 1 0 B 0 B",
                    "127.0.0.1:" + nginx.port(0) + " up 0 1 0 ",
                    "spliced 24.0 MiB copied 0 B",
                    "accepted 1 ",
                    "upstream: refused 1")) {
                assertTrue(shown.contains(line), () -> line + " is not on the page: " + shown);
            }
        }
    }

    /** Goes to the first upstream first, and leaves it out from then on. */
    private static ProxyProcess start(String... upstreams) throws IOException {
        return ProxyProcess.start(
                "tcp-proxy", "--to", upstreams[0], "--to", upstreams[1], "--fail-time", "1h", "--mode", "splice");
    }

    /** What a user reads there once its script has run for some seconds of its own time. */
    private static String browse(Path directory, String page) {
        Ended ended = Programs.run(
                "chromium",
                "--headless",
                "--no-sandbox", // which a container may not let it have; the page is ours
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--user-data-dir=" + directory.resolve("browser"),
                "--virtual-time-budget=5000",
                "--dump-dom",
                page);
        Programs.mustSucceed(ended);
        return ended.out()
                .replaceAll("(?s)<(script|style)>.*?</\\1>", "")
                .replaceAll("<[^>]*>", " ")
                .replaceAll("\\s+", " ");
    }
}
