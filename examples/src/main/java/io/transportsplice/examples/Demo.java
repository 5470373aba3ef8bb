// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Downloads the same amount through the proxy in each of its modes, checks every byte, and prints side by side what that
 * took. {@code -Ddemo.bytes=2g} is the amount for each mode, {@code -Ddemo.connections=4} the number of connections.
 */
public final class Demo {
    /** The one that the others are compared with comes first. */
    private static final List<Mode> MODES = List.of(Mode.PLAIN, Mode.COPY, Mode.STOCK, Mode.AUTO, Mode.SPLICE);

    private static final PrintStream OUT = System.out;

    private Demo() {}

    /** Runs the demo; exits with 1 if any mode lost a byte, except {@code stock}, which is known to. */
    public static void main(String... args) throws Exception {
        long bytes = Units.bytes(System.getProperty("demo.bytes", "2g"));
        int connections = Integer.getInteger("demo.connections", 4);
        OUT.printf("%.2f GiB through each mode, over %d connections:%n", DemoRun.gib(bytes), connections);
        List<DemoRun.Result> results = new ArrayList<>();
        try (DemoRun run = new DemoRun(bytes, connections, OUT)) {
            for (Mode mode : MODES) {
                results.add(run.measure(mode));
            }
        }
        print(results);
        boolean complete = results.stream().allMatch(result -> result.lost() == 0 || result.mode() == Mode.STOCK);
        System.exit(complete ? 0 : 1);
    }

    private static void print(List<DemoRun.Result> results) {
        double plain = results.get(0).cpuSecondsPerGib();
        print("mode", "GiB/s", "CPU s/GiB", "of plain", "spliced GiB", "copied GiB", "bytes");
        for (DemoRun.Result result : results) {
            double cpu = result.cpuSecondsPerGib();
            print(
                    result.mode().toString(),
                    decimal(result.gibPerSecond()),
                    decimal(cpu),
                    decimal(cpu / plain),
                    counter(result, "bytesSpliced"),
                    counter(result, "bytesCopied"),
                    verdict(result));
        }
        OUT.println("CPU is the proxy's process alone. The spliced and copied bytes are what the library counted, the");
        OUT.println("warm-up included; plain and stock do not use it.");
    }

    private static void print(
            String mode, String rate, String cpu, String ratio, String spliced, String copied, String bytes) {
        OUT.printf("%-7s %7s %10s %9s %12s %11s   %s%n", mode, rate, cpu, ratio, spliced, copied, bytes);
    }

    private static String counter(DemoRun.Result result, String key) {
        boolean counts = result.mode().policy().isPresent();
        return counts ? decimal(DemoRun.gib(MetricsLine.value(result.metrics(), key))) : "-";
    }

    private static String verdict(DemoRun.Result result) {
        if (result.lost() == 0 && result.trouble().isEmpty()) {
            return "all verified";
        }
        return String.format(Locale.ROOT, "%,d LOST %s", result.lost(), result.trouble());
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
