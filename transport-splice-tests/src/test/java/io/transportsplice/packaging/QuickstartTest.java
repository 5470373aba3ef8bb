// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceMetrics;
import io.transportsplice.testing.Backend;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Pattern;
import io.transportsplice.testing.Peer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The project that a new user copies does what it says, on the library and Netty alone. */
@Timeout(60)
@ExtendWith(Baseline.class)
class QuickstartTest {
    private static final Path SOURCE = Path.of("../examples/quickstart/src/main/java/quickstart/SplicingProxy.java");
    private static final long BYTES = 16L << 20;
    private static final int CHUNK = 256 * 1024;

    @Test
    void shouldSplice(@TempDir Path classes) throws Exception {
        int compiled = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(System.out, System.err, "-cp", App.path(), "-d", classes.toString(), SOURCE.toString());
        assertEquals(0, compiled);
        URL[] path = {classes.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(path);
                Backend backend = Backend.open(Family.TCP, 0);
                AutoCloseable proxy = (AutoCloseable) loader.loadClass("quickstart.SplicingProxy")
                        .getConstructor(SocketAddress.class, SocketAddress.class)
                        .newInstance(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), backend.address())) {
            SocketAddress address =
                    (SocketAddress) proxy.getClass().getMethod("address").invoke(proxy);
            long before = SpliceMetrics.snapshot().bytesSpliced();
            relay(address, backend);
            assertTrue(SpliceMetrics.snapshot().bytesSpliced() > before);
        }
    }

    /** Maven 3.8, which Debian has, would take one that knows no {@code maven.compiler.release}. */
    @Test
    void shouldNotLeaveTheChoiceOfTheCompilerPluginToMaven() throws IOException {
        String pom = Files.readString(Path.of("../examples/quickstart/pom.xml"));
        assertTrue(
                java.util.regex.Pattern.compile("<artifactId>maven-compiler-plugin</artifactId>\\s*<version>3\\.\\d\\d")
                        .matcher(pom)
                        .find());
    }

    private static void relay(SocketAddress proxy, Backend backend) throws Exception {
        Pattern pattern = new Pattern(1);
        try (Peer client = Peer.connect(proxy);
                Peer server = backend.accept()) {
            CompletableFuture<Peer.Received> received =
                    CompletableFuture.supplyAsync(() -> server.receiveToEnd(pattern, 0));
            client.send(pattern, 0, BYTES, CHUNK);
            client.halfClose();
            assertEquals(new Peer.Received(BYTES, Peer.End.EOF), received.get(50, TimeUnit.SECONDS));
        }
    }
}
