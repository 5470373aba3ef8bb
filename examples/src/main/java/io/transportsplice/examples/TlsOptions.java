// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.NetUtil;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.StandardConstants;
import picocli.CommandLine.Option;

/** The options of a proxy that speaks TLS on one side, or on both. */
final class TlsOptions {
    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Speaks TLS with clients: the certificate, then those of its authorities, in PEM.")
    private File certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key: PKCS #8 in PEM, not encrypted.")
    private File key;

    @Option(
            names = "--alpn",
            paramLabel = "NAME",
            split = ",",
            description = "The application protocols of upstreams without TLS, best first, such as h2,http/1.1. With"
                    + " --to-tls the upstream chooses among the client's.")
    private List<String> protocols = List.of();

    @Option(
            names = "--to-tls",
            description = "Speaks TLS with upstreams, whose certificates must be for the host that --to names.")
    private boolean toTls;

    @Option(
            names = "--to-tls-ca",
            paramLabel = "FILE",
            description = "The authorities that upstreams' certificates may be of, in PEM, instead of the JVM's.")
    private File authorities;

    @Option(
            names = "--to-tls-name",
            paramLabel = "NAME",
            description = "Asks upstreams for this name, which their certificates must be for, instead of --to's.")
    private String name;

    void check(ProxyCommand command) {
        if ((certificate == null) != (key == null)) {
            throw command.invalid(certificate == null ? "--tls-cert" : "--tls-key", "one of the two is missing");
        }
        if (!protocols.isEmpty() && (certificate == null || toTls)) {
            throw command.invalid("--alpn", "it needs --tls-cert, and no --to-tls");
        }
        for (String protocol : protocols) {
            if (!isProtocol(protocol)) {
                throw command.invalid("--alpn", "no name of a protocol: '" + protocol + "'");
            }
        }
        if (!toTls && authorities != null) {
            throw command.invalid("--to-tls-ca", "it needs --to-tls");
        }
        if (!toTls && name != null) {
            throw command.invalid("--to-tls-name", "it needs --to-tls");
        }
        if (name != null && !isHost(name)) {
            throw command.invalid("--to-tls-name", "no name of a host: '" + name + "'");
        }
        if (command.mode() == Mode.STOCK && (certificate != null || toTls)) {
            throw command.invalid(toTls ? "--to-tls" : "--tls-cert", "not in mode stock");
        }
    }

    /** RFC 7301, section 3.1; of the characters that all registered ones have. */
    private static boolean isProtocol(String name) {
        return name.length() <= 255 && name.matches("[!-~]+");
    }

    private static boolean isHost(String name) {
        try {
            return NetUtil.isValidIpV6Address(name)
                    || new SNIHostName(name).getType() == StandardConstants.SNI_HOST_NAME;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    List<String> protocols() {
        return protocols;
    }

    /** @throws IOException with a message for the user if a file is of no use */
    Optional<TlsFront> front(ProxyServer server) throws IOException {
        return certificate == null
                ? Optional.empty()
                : Optional.of(new TlsFront(
                        server,
                        contexts("--tls-cert, --tls-key", () -> SslContextBuilder.forServer(certificate, key))));
    }

    /** @throws IOException the same */
    Optional<TlsBack> back(ProxyConfig config) throws IOException {
        if (!toTls) {
            return Optional.empty();
        }
        SslContextBuilder builder = SslContextBuilder.forClient();
        TlsContexts contexts =
                contexts("--to-tls-ca", () -> authorities == null ? builder : builder.trustManager(authorities));
        return Optional.of(new TlsBack(contexts, Optional.ofNullable(name), config.connectTimeoutMillis()));
    }

    private interface Source {
        SslContextBuilder get() throws SSLException;
    }

    private static TlsContexts contexts(String options, Source source) throws IOException {
        try {
            TlsContexts contexts = new TlsContexts(source.get());
            contexts.check();
            return contexts;
        } catch (SSLException | IllegalArgumentException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException("cannot use " + options + ": " + cause.getMessage(), e);
        }
    }
}
