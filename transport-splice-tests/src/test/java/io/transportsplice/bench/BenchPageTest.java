// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The page of the benchmark's figures says what the JSON files say. */
class BenchPageTest {

    private static final Path COMMITTED = Path.of("../docs/bench");
    private static final String ODD_NAME = "<odd> & \"quoted\" 100%";

    @TempDir
    Path folder;

    @Test
    void shouldShowEveryRowWithItsSpread() throws Exception {
        List<Run.Row> rows = new ArrayList<>();
        for (Scenario scenario : Scenarios.full()) {
            for (String relay : List.of("auto", ODD_NAME)) {
                rows.add(new Run.Row(scenario.id(), relay, 0, figures(rows.size())));
            }
        }
        run(rows).write(folder.resolve("relay.json"));
        BenchPage.write(folder);
        assertShows(parse(Files.readString(folder.resolve(BenchPage.PAGE))), Run.read(folder.resolve("relay.json")));
    }

    @Test
    void shouldShowHowEachRelayWasStarted() throws Exception {
        run(List.of()).write(folder.resolve("relay.json"));
        BenchPage.write(folder);
        String text = parse(Files.readString(folder.resolve(BenchPage.PAGE)))
                .getDocumentElement()
                .getTextContent();
        for (String shown : List.of("haproxy -f <a>.cfg", "maxconn 1 & more\n", "--scenarios=^bulk", "a note of it")) {
            assertTrue(text.contains(shown), shown);
        }
    }

    @Test
    void shouldDrawNoFigureOfALoadThatWasNotRun() throws Exception {
        run(List.of()).write(folder.resolve("relay.json"));
        BenchPage.write(folder);
        assertFalse(Files.exists(folder.resolve(BenchPage.FIGURE)));
    }

    @Test
    void shouldBeInTheRepositoryAsItsFilesMakeIt() throws Exception {
        String page = BenchPage.page(COMMITTED);
        assertEquals(page, Files.readString(COMMITTED.resolve(BenchPage.PAGE)), "run BenchPage, see CONTRIBUTING.md");
        assertEquals(BenchPage.figure(COMMITTED).orElseThrow(), Files.readString(COMMITTED.resolve(BenchPage.FIGURE)));
        Document parsed = parse(page);
        parse(BenchPage.figure(COMMITTED).orElseThrow());
        for (Path file : BenchPage.runs(COMMITTED)) {
            assertShows(parsed, Run.read(file));
        }
    }

    @Test
    void shouldNeedNothingButTheFilesBesideIt() throws Exception {
        Document page = parse(BenchPage.page(COMMITTED));
        assertEquals(0, page.getElementsByTagName("script").getLength());
        NodeList links = page.getElementsByTagName("a");
        for (int i = 0; i < links.getLength(); i++) {
            String target = ((Element) links.item(i)).getAttribute("href");
            assertTrue(Files.exists(COMMITTED.resolve(target)), target);
        }
    }

    @Test
    void shouldTellACommandAndItsFilesWithoutThisMachinesPaths() throws Exception {
        Path program = Files.createFile(folder.resolve("relay"));
        Path file = Files.writeString(folder.resolve("relay.cfg"), "bind");
        List<String> line = List.of(program.toString(), "-f", file.toString(), System.getProperty("java.class.path"));
        Configuration told = Configuration.of(new Relay("any", false, 2, 0, Relay.ALL, route -> line));
        assertEquals(new Configuration("relay -f relay.cfg CLASSPATH", Map.of("relay.cfg", "bind")), told);
    }

    @Test
    void shouldLeaveFilesOutOfWhatIsToBeRepeated() {
        Options options = new Options("--interleaved", "--out=/somewhere", "--reps=3", "--proxy=/a/b.jar");
        assertEquals(List.of("--interleaved", "--reps=3"), options.repeatable());
    }

    private static Run run(List<Run.Row> rows) {
        Configuration odd = new Configuration("haproxy -f <a>.cfg", Map.of("<a>.cfg", "maxconn 1 & more\n"));
        return new Run(
                "a machine",
                "a run",
                List.of("--scenarios=^bulk"),
                rows,
                Map.of(ODD_NAME, odd),
                Map.of(),
                Set.of("a note of it"));
    }

    private static Map<String, Run.Figure> figures(int row) {
        Map<String, Run.Figure> figures = new LinkedHashMap<>();
        for (Metric metric : EnumSet.allOf(Metric.class)) {
            double base = 10 * row + figures.size();
            figures.put(metric.id(), Run.Figure.of(new Spread(List.of(base + 7, base + 1, base + 3))));
        }
        return figures;
    }

    /** Each row of the run is one of the table of its load, with all its figures; and a bar. */
    private static void assertShows(Document page, Run run) {
        assertFalse(run.results().isEmpty());
        for (Run.Row row : run.results()) {
            Set<List<String>> shown = Set.copyOf(rows(page, row.scenario()));
            List<String> wanted = new ArrayList<>(List.of(row.relay()));
            for (Metric metric : metrics(run, row.scenario())) {
                wanted.add(row.of(metric)
                        .map(spread -> Html.spread(metric, spread))
                        .orElse("-"));
            }
            assertTrue(shown.contains(wanted), () -> wanted + " is not in " + shown);
        }
    }

    private static List<Metric> metrics(Run run, String scenario) {
        return EnumSet.allOf(Metric.class).stream()
                .filter(metric -> run.results().stream()
                        .anyMatch(row ->
                                row.scenario().equals(scenario) && row.figures().containsKey(metric.id())))
                .toList();
    }

    /** Of the tables below each heading of that load, without the two ratios. */
    private static List<List<String>> rows(Document page, String scenario) {
        List<List<String>> rows = new ArrayList<>();
        NodeList articles = page.getElementsByTagName("article");
        for (int i = 0; i < articles.getLength(); i++) {
            Element article = (Element) articles.item(i);
            if (article.getAttribute("data-load").equals(scenario)) {
                NodeList lines = article.getElementsByTagName("tr");
                IntStream.range(1, lines.getLength()).forEach(line -> rows.add(cells(lines.item(line))));
            }
        }
        return rows;
    }

    private static List<String> cells(Node row) {
        NodeList cells = row.getChildNodes();
        return IntStream.range(0, cells.getLength() - 2)
                .mapToObj(i -> cells.item(i).getTextContent())
                .toList();
    }

    private static Document parse(String text) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(text)));
    }
}
