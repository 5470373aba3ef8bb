// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a proxy that makes tunnels for its clients has to do, between curl and an nginx. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class TunnelContract {
    private static final int SIZE = 24 * 1024 * 1024;
    private static final String SERVER =
            "server { listen 127.0.0.1:%1$d; root www; location /put/ { dav_methods PUT; } }";

    private final String name;

    private Path directory;
    private Nginx nginx;
    private ProxyProcess shared;

    TunnelContract(String name) {
        this.name = name;
    }

    /** The options of curl that lead it through the proxy. */
    abstract String[] through(String proxy);

    @BeforeAll
    void startPrograms(@TempDir Path temporary) throws IOException {
        directory = temporary;
        Programs.require("nginx", "curl");
        Files.createDirectories(directory.resolve("www/put"));
        Files.writeString(directory.resolve("www/name"), "it");
        Programs.randomFile(directory.resolve("www/data"), SIZE);
        nginx = Nginx.start(directory, SERVER, 1);
        shared = ProxyProcess.start(name, "--handshake-timeout", "4s");
    }

    @AfterAll
    void stopPrograms() throws IOException {
        if (nginx != null) {
            nginx.close();
            shared.close();
        }
    }

    /** A proxy that is not patient with those who want a tunnel. */
    ProxyProcess shared() {
        return shared;
    }

    /** The web server, which has a file {@code /name} with the content {@code it}. */
    int serverPort() {
        return nginx.port(0);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "SPLICE", "COPY", "PLAIN"})
    void shouldTunnelEveryByteBothWays(Mode mode) throws IOException {
        try (ProxyProcess proxy = ProxyProcess.start(name, "--mode", mode.toString())) {
            String server = "http://127.0.0.1:" + serverPort();
            String[] through = through(proxy.endpoint());
            Path data = directory.resolve("www/data");
            Path copy = directory.resolve("copy");
            Programs.mustSucceed(Programs.curl(Programs.join(through, "-o", copy.toString(), server + "/data")));
            assertEquals(-1, Files.mismatch(data, copy));
            Programs.mustSucceed(Programs.curl(Programs.join(through, "-T", data.toString(), server + "/put/" + mode)));
            assertEquals(-1, Files.mismatch(data, directory.resolve("www/put/" + mode)));

            proxy.assertMovedBy(mode, SIZE * 18L / 10);
        }
    }
}
