// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import picocli.CommandLine;

/** What the fuzz targets have in common: each is a class with a method {@code fuzzerTestOneInput}, as Jazzer wants it. */
final class Fuzzed {
    /** Longer inputs are not fed byte by byte. */
    private static final int MANY = 512;

    private static final int MOST_CUTS = 8;

    private Fuzzed() {}

    /** What becomes of a proxy's client. */
    record Outcome(String written, String passedOn, boolean isActive, String end) {}

    /** The same bytes, whole, in pieces and one by one, must come to the same. */
    static void sameInAnyPieces(byte[] input, BiFunction<byte[], int[], ?> run) {
        Object whole = run.apply(input, new int[0]);
        demand(whole, run.apply(input, cuts(input)), "in pieces");
        if (input.length <= MANY) {
            demand(whole, run.apply(input, IntStream.range(0, input.length).toArray()), "byte by byte");
        }
    }

    private static int[] cuts(byte[] input) {
        Random random = new Random(Arrays.hashCode(input)); // the same for the same input
        return random.ints(1 + random.nextInt(MOST_CUTS), 0, input.length + 1)
                .sorted()
                .toArray();
    }

    private static void demand(Object whole, Object cut, String how) {
        if (!whole.equals(cut)) {
            throw new AssertionError("other than whole when it comes " + how + ":\n" + whole + "\n" + cut);
        }
    }

    /** A proxy that does not listen, and reaches nobody: a name has no address, and a connection is refused. */
    static ProxyService service(ProxyCommand command, String... args) {
        Conversions.register(new CommandLine(command)).parseArgs(args);
        ProxyConfig config = new ProxyConfig(
                "fuzzed",
                Endpoint.parse("127.0.0.1:0"),
                1,
                false,
                0,
                Optional.empty(),
                Mode.PLAIN,
                Optional.empty(),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofSeconds(1),
                Duration.ZERO);
        try {
            return command.service(
                    new ProxyServer(config, Optional.empty(), (connector, counters) -> nobody(counters)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Dialer nobody(ProxyCounters counters) {
        return new Dialer(
                (client, to) -> client.newFailedFuture(new ConnectException("refused")),
                counters,
                (loop, name) -> loop.newFailedFuture(new UnknownHostException("of no name server")));
    }

    static Outcome serve(ProxyService service, byte[] input, int... cuts) {
        FuzzedChannel client = new FuzzedChannel();
        Session session = Session.begin(client, new Traffic(), false, ended -> {});
        service.accepted(client);
        client.watch().feed(input, cuts);
        AccessEntry entry = session.entry();
        String end = entry.end() + " " + entry.reason();
        // of one that is turned away, more or less is thrown away
        String passedOn = entry.end().equals("refused") ? "" : client.passedOn();
        Outcome outcome = new Outcome(client.written(), passedOn, client.isActive(), end);
        client.end();
        client.checkClean();
        return outcome;
    }
}
