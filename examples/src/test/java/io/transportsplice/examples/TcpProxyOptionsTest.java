// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class TcpProxyOptionsTest {
    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    private int run(String... args) {
        CommandLine command = TcpProxy.commandLine();
        command.setErr(new PrintWriter(err, true));
        command.setOut(new PrintWriter(out, true));
        return command.execute(args);
    }

    @ParameterizedTest
    @CsvSource({
        "--listen, 127.0.0.1:65536",
        "--listen, 127.0.0.1",
        "--listen, no-such-host.invalid:80",
        "--to, ::1:80",
        "--to, 127.0.0.1:0",
        "--to, unix:",
        "--to, '127.0.0.1:1,weight=0'",
        "--to, '127.0.0.1:1,weight=1001'",
        "--to, '127.0.0.1:1,weight=x'",
        "--allow, 10.0.0.0/33",
        "--allow, localhost",
        "--deny, ::1/129",
        "--deny, 10.0.0.0/",
        "--max-per-address, -1",
        "--bandwidth, fast",
        "--bandwidth, 17179869184g",
        "--bandwidth, 400",
        "--check-send, PING",
        "--check-expect, +PONG",
        "--check-rise, 0",
        "--check-fall, 0",
        "--threads, 0",
        "--threads, 1025",
        "--threads, many",
        "--mode, fast",
        "--pipe-capacity, big",
        "--pipe-capacity, 4g",
        "--pipe-capacity, 17179869185g",
        "--pipe-capacity, 0",
        "--idle-timeout, 5",
        "--half-closed-timeout, -1s",
        "--peer-timeout, 1",
        "--connect-timeout, soon",
        "--drain-timeout, 5x",
        "--no-such-option, 1",
    })
    void shouldRefuseABadOptionWithOneLineAndExitCode2(String option, String value) {
        List<String> args = new ArrayList<>(List.of(option, value));
        if (!option.equals("--listen")) {
            args.addAll(List.of("--listen", "127.0.0.1:0"));
        }
        if (!option.equals("--to")) {
            args.addAll(List.of("--to", "127.0.0.1:1"));
        }

        assertEquals(2, run(args.toArray(String[]::new)));
        assertOneLineThatMentions(option);
    }

    @ParameterizedTest
    @CsvSource({
        "--mode, 'auto, splice, copy, plain, stock'",
        "--send-proxy, 'v1, v2'",
        "--access-log-format, 'json, text'",
    })
    void shouldTellOnceWhatAnOptionMayBe(String option, String values) {
        assertEquals(2, run("--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", option, "x"));
        assertOneLineThatMentions("Invalid value for option '" + option + "': 'x' is not one of [" + values + "] (");
    }

    @Test
    void shouldRefuseToRunWithoutItsAddresses() {
        assertEquals(2, run());
        assertOneLineThatMentions("--listen");
    }

    @Test
    void shouldExitWith1IfItCannotListen() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();

            assertEquals(1, run("--listen", address, "--to", "127.0.0.1:1"));
            assertOneLineThatMentions("cannot listen on " + address);
        }
    }

    @Test
    void shouldExplainItsOptions() {
        assertEquals(0, run("--help"));
        assertTrue(out.toString().contains("auto, splice, copy, plain, stock"), out.toString());
        assertEquals("", err.toString());
    }

    private void assertOneLineThatMentions(String what) {
        String complaint = err.toString();
        assertEquals(1, complaint.lines().count(), complaint);
        assertTrue(complaint.startsWith("tcp-proxy: ") && complaint.contains(what), complaint);
        assertEquals("", out.toString());
    }
}
