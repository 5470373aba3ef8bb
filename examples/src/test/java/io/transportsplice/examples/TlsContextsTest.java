// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsContextsTest {
    @TempDir
    private Path directory;

    private TlsContexts contexts() throws SSLException {
        File certificate = directory.resolve("cert.pem").toFile();
        File key = directory.resolve("key.pem").toFile();
        return new TlsContexts(SslContextBuilder.forServer(certificate, key));
    }

    @Test
    void shouldTellWhyAKeyAndACertificateDoNotGoTogether() throws Exception {
        Programs.require("openssl");
        Certificates.make(directory, "localhost");
        contexts().check();
        byte[] key = Files.readAllBytes(directory.resolve("key.pem"));
        Certificates.make(directory, "localhost");
        Files.write(directory.resolve("key.pem"), key);
        TlsContexts mixed = contexts();
        String told = assertThrows(SSLException.class, mixed::check).getMessage();
        assertTrue(told.matches("the key and the certificate do not go together: .*[Ss]ignature.*"), told);
    }
}
