// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The results as pictures. */
final class Plots {

    private static final int WIDTH = 1_000;
    private static final int HEIGHT = 480;
    private static final int DPI = 144;

    private final Path directory;
    private final List<Relay> relays;
    private final List<Scenario> scenarios;
    private final Results results;

    Plots(Path directory, List<Relay> relays, List<Scenario> scenarios, Results results) {
        System.setProperty("java.awt.headless", "true");
        this.directory = directory;
        this.relays = relays;
        this.scenarios = scenarios;
        this.results = results;
    }

    void write() throws IOException {
        Predicate<Relay> main = Relay::isMain;
        Predicate<Relay> ofPipes = relay -> relay.pipe() > 0;
        Predicate<Scenario> bulk = scenario -> scenario.kind() == Kind.BULK && !scenario.isOnWire();
        bars("bulk-cpu", "Relay CPU seconds per GiB (less is better)", Metric.CPU_PER_GIB, main, bulk);
        bars("bulk-throughput", "GiB/s through one core (more is better)", Metric.THROUGHPUT, main, bulk);
        bars("bulk-pipes", "Relay CPU seconds per GiB by size of pipe", Metric.CPU_PER_GIB, ofPipes, bulk);
        bars("wire-cpu", "Relay CPU s/GiB, segments of 1,500 B", Metric.CPU_PER_GIB, main, Scenario::isOnWire);
        bars("idle", "KiB of memory per idle pair", Metric.RSS_PER_PAIR, main, isOf(Kind.IDLE));
        bars("fairness", "p99 in us of 64 B beside 16 bulk transfers", Metric.P99, main, isOf(Kind.FAIRNESS));
        bars("churn-cpu", "Relay CPU us per connection", Metric.CPU_PER_ROUND, main, s -> s.id().startsWith("churn"));
        bySize("chat-cpu", "Relay CPU us per request and response, 64 connections", Metric.CPU_PER_ROUND);
        bySize("chat-p99", "p99 in us of request and response, 64 connections", Metric.P99);
    }

    private static Predicate<Scenario> isOf(Kind kind) {
        return scenario -> scenario.kind() == kind;
    }

    private void bars(String file, String title, Metric metric, Predicate<Relay> which, Predicate<Scenario> when)
            throws IOException {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .yAxisTitle(metric.label())
                .build();
        style(chart.getStyler());
        chart.getStyler().setAvailableSpaceFill(0.9).setOverlapped(false).setXAxisLabelRotation(20);
        List<Scenario> shown = scenarios.stream().filter(when).toList();
        relays.stream().filter(which).forEach(relay -> addBars(chart, relay.name(), shown, metric));
        if (!chart.getSeriesMap().isEmpty()) {
            save(chart, file);
        }
    }

    private void addBars(CategoryChart chart, String relay, List<Scenario> shown, Metric metric) {
        List<String> names = new ArrayList<>();
        List<Double> medians = new ArrayList<>();
        List<Double> errors = new ArrayList<>();
        for (Scenario scenario : shown) {
            Optional<Spread> spread = results.of(scenario, relay, metric);
            names.add(scenario.id());
            medians.add(spread.map(Spread::median).orElse(0.0));
            errors.add(spread.map(Plots::halfSpread).orElse(0.0));
        }
        if (medians.stream().anyMatch(median -> median > 0)) {
            chart.addSeries(relay, names, medians, errors);
        }
    }

    /** The library draws it to either side of the median; nothing is below 0. */
    private static double halfSpread(Spread spread) {
        return Math.min(spread.median(), (spread.max() - spread.min()) / 2);
    }

    private void bySize(String file, String title, Metric metric) throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("bytes of the response")
                .yAxisTitle(metric.label())
                .build();
        style(chart.getStyler());
        chart.getStyler().setXAxisLogarithmic(true).setXAxisDecimalPattern("#,###");
        for (Relay relay : relays) {
            addLine(chart, relay.name(), metric);
        }
        if (chart.getSeriesMap().values().stream().anyMatch(series -> series.getXData().length > 1)) {
            save(chart, file);
        }
    }

    private void addLine(XYChart chart, String relay, Metric metric) {
        List<Double> sizes = new ArrayList<>();
        List<Double> medians = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            Optional<Spread> spread = results.of(scenario, relay, metric);
            if (scenario.id().startsWith("chat-64-") && spread.isPresent()) {
                sizes.add(Double.valueOf(scenario.id().substring("chat-64-".length())));
                medians.add(spread.get().median());
            }
        }
        if (!sizes.isEmpty()) {
            chart.addSeries(relay, sizes, medians).setMarker(SeriesMarkers.CIRCLE);
        }
    }

    private static void style(AxesChartStyler styler) {
        styler.setChartBackgroundColor(Color.WHITE)
                .setLegendPosition(Styler.LegendPosition.OutsideE)
                .setPlotBorderVisible(false);
    }

    private void save(org.knowm.xchart.internal.chartpart.Chart<?, ?> chart, String file) throws IOException {
        BitmapEncoder.saveBitmapWithDPI(chart, directory.resolve(file).toString(), BitmapEncoder.BitmapFormat.PNG, DPI);
    }
}
