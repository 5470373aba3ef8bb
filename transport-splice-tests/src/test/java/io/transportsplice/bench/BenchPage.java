// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All runs of a folder as one page that needs neither network nor script: each row of each, with its spread, and how each
 * relay was started. Made of the JSON files alone, so it can be made again without measuring.
 */
public final class BenchPage {

    static final String PAGE = "index.html";

    /** What README shows: one load of one run, and the relays that its table has. */
    static final String FIGURE = "bulk-16-down.svg";

    private static final String FIGURE_RUN = "relay.json";
    private static final Scenario FIGURE_LOAD = Scenarios.named("bulk-16-down");
    private static final List<String> FIGURE_RELAYS =
            List.of("c-splice", "haproxy-splice", "auto", "splice", "go", "plain", "stock", "nginx");

    private final StringBuilder out = new StringBuilder();
    private final String name;
    private final Run run;

    private BenchPage(Path file) throws IOException {
        name = file.getFileName().toString();
        run = Run.read(file);
    }

    /** Folders; of the repository if none is given. */
    public static void main(String... arguments) throws IOException {
        List<String> folders = arguments.length == 0 ? List.of("../docs/bench") : Arrays.asList(arguments);
        for (String folder : folders) {
            write(Path.of(folder));
            System.out.println("wrote " + Path.of(folder).resolve(PAGE).normalize());
        }
    }

    static void write(Path folder) throws IOException {
        Files.writeString(folder.resolve(PAGE), page(folder));
        Optional<String> figure = figure(folder);
        if (figure.isPresent()) {
            Files.writeString(folder.resolve(FIGURE), figure.get());
        }
    }

    static String page(Path folder) throws IOException {
        StringBuilder runs = new StringBuilder();
        for (Path file : runs(folder)) {
            runs.append(new BenchPage(file).format());
        }
        return resource("page.html")
                .replace("@style@", resource("chart.css") + resource("page.css"))
                .replace("@runs@", runs);
    }

    /** Empty if that load was not run. */
    static Optional<String> figure(Path folder) throws IOException {
        Path file = folder.resolve(FIGURE_RUN);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<Run.Row> rows = Run.read(file).rows(FIGURE_LOAD).stream()
                .filter(row -> FIGURE_RELAYS.contains(row.relay()))
                .sorted(Comparator.comparing(row -> FIGURE_RELAYS.indexOf(row.relay())))
                .toList();
        String inside = "<style>" + resource("chart.css")
                + "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(BarChart.of(
                        rows,
                        Metric.CPU_PER_GIB,
                        "16 downloads: CPU seconds of the relay for each GiB, less is better",
                        "760",
                        inside));
    }

    /** The main one first. */
    static List<Path> runs(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted(Comparator.comparing((Path file) -> !file.endsWith(FIGURE_RUN))
                            .thenComparing(Path::toString))
                    .toList();
        }
    }

    private static String resource(String file) throws IOException {
        try (InputStream in = BenchPage.class.getResourceAsStream("/bench/" + file)) {
            if (in == null) {
                throw new IOException("no resource bench/" + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String format() {
        add("<section>\n<h2>%s</h2>\n", name);
        add("<p>%s; %s. All values: <a href=\"%s\">%s</a>.</p>\n", run.machine(), run.run(), name, name);
        run.scenarios().forEach(this::scenario);
        if (!run.notes().isEmpty()) {
            out.append("<h3>To be known</h3>\n<ul>\n");
            run.notes().forEach(note -> add("<li>%s</li>\n", note));
            out.append("</ul>\n");
        }
        configurations();
        return out.append("</section>\n").toString();
    }

    private void scenario(Scenario scenario) {
        add("<article data-load=\"%s\">\n<h3>%s</h3>\n<div class=\"pair\">\n", scenario.id(), scenario.title());
        List<Run.Row> rows = run.rows(scenario);
        for (Metric metric : List.of(scenario.kind().headline(), scenario.kind().second())) {
            out.append(BarChart.of(rows, metric, metric.label(), "100%", ""));
        }
        add("</div>\n<details><summary>All figures of %s</summary>\n<div class=\"wide\"><table>\n", scenario.id());
        List<Metric> metrics = Arrays.stream(Metric.values())
                .filter(metric -> rows.stream().anyMatch(row -> row.of(metric).isPresent()))
                .toList();
        out.append("<tr><th>relay</th>");
        metrics.forEach(metric -> add("<th>%s</th>", metric.label()));
        add("<th>x %s</th><th>x %s</th></tr>\n", Results.LIMIT, Results.PLAIN);
        rows.forEach(row -> row(scenario, row, metrics));
        out.append("</table></div></details>\n</article>\n");
    }

    private void row(Scenario scenario, Run.Row row, List<Metric> metrics) {
        add("<tr><th>%s</th>", row.relay());
        for (Metric metric : metrics) {
            add("<td>%s</td>", row.of(metric).map(s -> Html.spread(metric, s)).orElse("-"));
        }
        add("<td>%s</td><td>%s</td></tr>\n", ratio(scenario, row, Results.LIMIT), ratio(scenario, row, Results.PLAIN));
    }

    /** Of what the relays are compared by: the median of the repetitions' ratios. */
    private String ratio(Scenario scenario, Run.Row row, String to) {
        Metric metric = scenario.kind().headline();
        return row.of(metric)
                .flatMap(own -> run.of(scenario, to, metric).map(own::ratio))
                .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio))
                .orElse("-");
    }

    private void configurations() {
        if (!run.arguments().isEmpty()) {
            out.append("<h3>To repeat it</h3>\n");
            add("<pre>mvn -Pbench -Dbench.main=%s \\\n", RelayBenchmark.class.getName());
            add("    -Dbench.args=\"%s\"</pre>\n", String.join(" ", run.arguments()));
        }
        if (!run.relays().isEmpty()) {
            out.append("<h3>How each was started</h3>\n");
        }
        run.relays().forEach((relay, configuration) -> {
            add("<details><summary>%s</summary>\n<pre>%s</pre>\n", relay, configuration.command());
            for (Map.Entry<String, String> file : configuration.files().entrySet()) {
                add("<p>%s</p>\n<pre>%s</pre>\n", file.getKey(), file.getValue());
            }
            out.append("</details>\n");
        });
    }

    private void add(String format, String... values) {
        out.append(String.format(
                Locale.ROOT, format, Arrays.stream(values).map(Html::escape).toArray()));
    }
}
