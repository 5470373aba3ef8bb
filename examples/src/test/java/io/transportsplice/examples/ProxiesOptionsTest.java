// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ProxiesOptionsTest {
    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    private int run(String line) {
        CommandLine command = Proxies.commandLine();
        command.setErr(new PrintWriter(err, true));
        command.setOut(new PrintWriter(out, true));
        return command.execute(line.split(" "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp-proxy --listen 127.0.0.1:0",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --to 127.0.0.1:0",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --send-proxy v3",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --accept-proxy --mode stock",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --max-connections -1",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --metrics 9090",
                "tcp-proxy --listen unix:some.sock --to 127.0.0.1:1 --reuse-port",
                "tcp-proxy @no-such-file",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --tls-cert cert.pem",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --tls-key key.pem",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --alpn h2",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --tls-cert c --tls-key k --alpn h2,,http/1.1",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --tls-cert c --tls-key k --alpn h\u00e9",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --to-tls --to-tls-name -a_..b",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --to-tls-ca cert.pem",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --to-tls-name a",
                "tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 --to-tls --mode stock",
                "sni-router --listen 127.0.0.1:0",
                "sni-router --listen 127.0.0.1:0 --route a.example.org",
                "sni-router --listen 127.0.0.1:0 --route a.example.org=127.0.0.1:0",
                "sni-router --listen 127.0.0.1:0 --route =127.0.0.1:1",
                "sni-router --listen 127.0.0.1:0 --route a..b=127.0.0.1:1",
                "sni-router --listen 127.0.0.1:0 --route *.*.b=127.0.0.1:1",
                "sni-router --listen 127.0.0.1:0 --default 127.0.0.1:0",
                "sni-router --listen 127.0.0.1:0 --default 127.0.0.1:1 --mode stock",
                "socks5-proxy",
                "socks5-proxy --listen 127.0.0.1:0 --mode stock",
                "socks5-proxy --listen 127.0.0.1:0 --handshake-timeout 1",
                "http-connect-proxy --listen 127.0.0.1:0 --mode stock",
                "http-connect-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1",
                "http-reverse-proxy --listen 127.0.0.1:0",
                "http-reverse-proxy --listen 127.0.0.1:0 --to 127.0.0.1:0",
                "no-such-proxy --listen 127.0.0.1:0",
            })
    void shouldRefuseBadOptionsWithOneLineAndExitCode2(String line) {
        assertEquals(2, run(line));
        String complaint = err.toString();
        assertEquals(1, complaint.lines().count(), complaint);
        String proxy = line.startsWith("no-such")
                ? "proxies"
                : line.substring(0, line.indexOf(' ') < 0 ? line.length() : line.indexOf(' '));
        assertTrue(complaint.startsWith(proxy + ": "), complaint);
        assertEquals("", out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--tls-cert missing.pem --tls-key missing.pem", "--to-tls --to-tls-ca missing.pem"})
    void shouldExitWith1ForFilesThatAreOfNoUse(String options) {
        assertEquals(1, run("tcp-proxy --listen 127.0.0.1:0 --to 127.0.0.1:1 " + options));
        String complaint = err.toString();
        assertEquals(1, complaint.lines().count(), complaint);
        assertTrue(complaint.startsWith("tcp-proxy: cannot use ") && complaint.contains("missing.pem"), complaint);
    }

    @Test
    void shouldAskWhichProxy() {
        assertEquals(2, Proxies.commandLine().setErr(new PrintWriter(err, true)).execute());
        assertTrue(err.toString().startsWith("proxies: Which proxy? One of tcp-proxy, sni-router"), err.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp-proxy", "sni-router", "socks5-proxy", "http-connect-proxy", "http-reverse-proxy"})
    void shouldExplainEachProxy(String proxy) {
        assertEquals(0, run(proxy + " --help"));
        assertTrue(
                out.toString().contains("Usage: proxies " + proxy)
                        && out.toString().contains("--listen"),
                out.toString());
        assertEquals("", err.toString());
    }
}
