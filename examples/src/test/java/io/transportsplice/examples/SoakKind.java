// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.SSLContext;

/** The proxies of the soak: how they are told where to relay to, and how their clients get there. */
enum SoakKind {
    TCP("tcp-proxy"),
    SNI("sni-router"),
    SOCKS("socks5-proxy"),
    CONNECT("http-connect-proxy"),
    REVERSE("http-reverse-proxy");

    /** Whom the certificate is for. */
    static final String NAME = "soak.test";

    private static final int SLOW_BUFFER = 8 * 1024;

    private final String program;

    SoakKind(String program) {
        this.program = program;
    }

    String program() {
        return program;
    }

    /** Options by which it asks its upstreams how they are, if it can. */
    String[] checks() {
        return this == TCP || this == REVERSE ? new String[] {"--check-interval", "1s"} : new String[0];
    }

    /** What its file of options says at first, and after each reload. */
    String options(int reloads, List<Integer> servers) {
        String server = "127.0.0.1:" + servers.get(reloads % servers.size());
        return switch (this) {
            case TCP -> "--to " + server + " --max-per-address " + (1_000 + reloads);
            case REVERSE -> "--to " + server;
            case SNI -> "--route " + NAME + "=" + server;
            case SOCKS, CONNECT -> "--max-connections " + (1_000 + reloads);
        };
    }

    /** A client's connection, as far as its proxy wants it before there is anything to relay. */
    Socket connect(int proxyPort, int server, boolean isSlow, int timeoutMillis) throws IOException {
        InetSocketAddress proxy = new InetSocketAddress(InetAddress.getLoopbackAddress(), proxyPort);
        Socket socket = this == SOCKS ? new Socket(new Proxy(Proxy.Type.SOCKS, proxy)) : new Socket();
        try {
            if (isSlow) {
                socket.setReceiveBufferSize(SLOW_BUFFER);
            }
            socket.setSoTimeout(timeoutMillis);
            socket.setTcpNoDelay(true);
            socket.connect(this == SOCKS ? new InetSocketAddress(proxy.getAddress(), server) : proxy, timeoutMillis);
            if (this == CONNECT) {
                WireServer.write(
                        socket, "CONNECT 127.0.0.1:%1$d HTTP/1.1\r\nHost: 127.0.0.1:%1$d\r\n\r\n".formatted(server));
                String head = WireServer.head(socket);
                if (!head.startsWith("HTTP/1.1 200 ")) {
                    throw new IOException(head);
                }
            }
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The client's end, whose server has been told the number of the plan, or will have been by the first byte. */
    SoakWire client(Socket socket, SoakPlan plan, SSLContext tls) throws IOException {
        if (this == REVERSE) {
            String framing = SoakBody.framing(plan.up(), plan.chunked());
            String head = "POST /" + plan.id() + " HTTP/1.1\r\nHost: " + NAME + "\r\n" + framing + "\r\n";
            SoakBody.Out out = new SoakBody.Out(socket.getOutputStream(), head, plan.chunked());
            out.begin();
            return SoakWire.of(socket, new SoakBody.In(socket, null), out);
        }
        SoakWire wire = this == SNI
                ? SoakWire.of(socket, tls.getSocketFactory().createSocket(socket, NAME, socket.getPort(), true))
                : SoakWire.of(socket);
        new DataOutputStream(wire.out()).writeLong(plan.id());
        return wire;
    }

    SoakPlan plan(long id) {
        SoakPlan plan = SoakPlan.of(id);
        return this == REVERSE ? plan.ofHttp() : plan;
    }
}
