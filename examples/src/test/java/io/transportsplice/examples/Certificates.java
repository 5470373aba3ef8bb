// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Certificates that are their own authorities; {@code cert.pem} and {@code key.pem} of a directory are made by openssl. */
final class Certificates {
    private Certificates() {}

    static void make(Path directory, String... names) {
        String alternatives = Stream.of(names).map(name -> "DNS:" + name).collect(Collectors.joining(","));
        Programs.mustSucceed(Programs.run(
                ("openssl req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=test"
                                + " -addext subjectAltName=" + alternatives
                                + " -keyout " + directory.resolve("key.pem") + " -out " + directory.resolve("cert.pem"))
                        .split(" ")));
    }

    /** Of clients and servers that trust each other, made by the JDK's own tool. */
    static SSLContext ofBothEnds(Path directory, String name) throws IOException, GeneralSecurityException {
        Path store = directory.resolve("keys.p12");
        char[] password = "changeit".toCharArray();
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Programs.mustSucceed(
                Programs.run(("env " + keytool + " -genkeypair -alias it -keyalg EC -dname CN=test -ext san=dns:" + name
                                + " -storetype PKCS12 -storepass changeit -keystore " + store)
                        .split(" ")));
        KeyStore keys = KeyStore.getInstance(store.toFile(), password);
        KeyManagerFactory owners = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        owners.init(keys, password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(owners.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Of clients that trust the directory's certificate alone. */
    static SSLContext trusting(Path directory) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream pem = Files.newInputStream(directory.resolve("cert.pem"))) {
            trusted.setCertificateEntry(
                    "it", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
