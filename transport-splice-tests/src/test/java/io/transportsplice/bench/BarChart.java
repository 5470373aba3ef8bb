// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.List;
import java.util.Locale;

/**
 * One figure of several relays as an SVG: a bar for the median, a line from the least to the most, a dot for each
 * repetition. Its places are percentages, so it takes any width while its letters keep their size.
 */
final class BarChart {

    private static final int ROW = 22;
    private static final int HEAD = 24;
    private static final int FOOT = 20;
    private static final int BAR = 12;

    /** Of the width: room for the names before, for the medians behind. */
    private static final double LEFT = 31;

    private static final double PLOT = 55;
    private static final int TICKS = 4;

    private final Metric metric;
    private final StringBuilder out = new StringBuilder();
    private final double step;
    private final double top;
    private int y = HEAD;

    private BarChart(Metric metric, double most) {
        this.metric = metric;
        step = niceStep(most / TICKS);
        top = step * Math.max(1, Math.ceil(most / step));
    }

    /**
     * @param width of the svg element
     * @param inside markup that comes before all else
     */
    static String of(List<Run.Row> rows, Metric metric, String title, String width, String inside) {
        List<Run.Row> shown =
                rows.stream().filter(row -> row.of(metric).isPresent()).toList();
        double most = shown.stream()
                .mapToDouble(row -> row.of(metric).orElseThrow().max())
                .max()
                .orElse(0);
        BarChart chart = new BarChart(metric, most);
        int bottom = HEAD + ROW * shown.size();
        chart.open(title, width, bottom + FOOT, inside);
        chart.axis(bottom);
        shown.forEach(row -> chart.bar(row.relay(), row.of(metric).orElseThrow()));
        return chart.out.append("</svg>\n").toString();
    }

    /** 1, 2 or 5 of a power of ten, and no less than that. */
    private static double niceStep(double least) {
        if (least <= 0) {
            return 1;
        }
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        double digit = least / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }

    private void open(String title, String width, int height, String inside) {
        out.append("<svg class='bars' xmlns='http://www.w3.org/2000/svg' width='%s' height='%s' role='img'>\n"
                .formatted(width, height));
        out.append(inside);
        out.append("<title>%s</title>\n".formatted(Html.escape(title)));
        out.append("<text class='title' x='0' y='14'>%s</text>\n".formatted(Html.escape(title)));
    }

    private void axis(int bottom) {
        for (int i = 0; i * step <= top * 1.001; i++) {
            String x = x(i * step);
            out.append("<line class='grid' x1='%s' x2='%s' y1='%s' y2='%s'/>".formatted(x, x, HEAD, bottom));
            out.append("<text class='tick' x='%s' y='%s'>%s</text>\n".formatted(x, bottom + 14, tick(i * step)));
        }
    }

    private String tick(double value) {
        return step >= 1 ? String.format(Locale.ROOT, "%,.0f", value) : metric.format(value);
    }

    private void bar(String relay, Spread spread) {
        int middle = y + ROW / 2;
        String kind = Results.OURS.contains(relay) ? "ours" : "other";
        String name = Html.escape(relay);
        out.append("<g class='%s'><title>%s: %s</title>".formatted(kind, name, Html.spread(metric, spread)));
        out.append("<text x='0' y='%s'>%s</text>".formatted(middle + 4, name));
        String width = percent(share(spread.median()) * PLOT);
        out.append("<rect x='%s' y='%s' width='%s' height='%s'/>".formatted(x(0), middle - BAR / 2, width, BAR));
        out.append(
                "<line x1='%s' x2='%s' y1='%s' y2='%s'/>".formatted(x(spread.min()), x(spread.max()), middle, middle));
        for (double value : spread.values()) {
            out.append("<circle cx='%s' cy='%s' r='2'/>".formatted(x(value), middle));
        }
        String median = metric.format(spread.median());
        out.append("<text class='value' x='100%%' y='%s'>%s</text></g>\n".formatted(middle + 4, median));
        y += ROW;
    }

    private String x(double value) {
        return percent(LEFT + PLOT * share(value));
    }

    private double share(double value) {
        return Math.max(0, value) / top;
    }

    private static String percent(double value) {
        return String.format(Locale.ROOT, "%.2f%%", value);
    }
}
