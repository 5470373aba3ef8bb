package io.transportsplice.examples;

import io.transportsplice.SpliceFallback;
import io.transportsplice.SpliceMetrics;

/** Writes metrics in the text format of Prometheus, version 0.0.4. */
final class PrometheusText {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final StringBuilder text = new StringBuilder(4096);
    private String family = "";

    void counter(String name, String help, long value) {
        counters(name, help);
        text.append(name).append(' ').append(value).append('\n');
    }

    void gauge(String name, String help, long value) {
        gauges(name, help);
        text.append(name).append(' ').append(value).append('\n');
    }

    /** Begins counters of one name, told apart by a label: their {@link #sample samples} follow. */
    void counters(String name, String help) {
        begin(name, help, "counter");
    }

    void gauges(String name, String help) {
        begin(name, help, "gauge");
    }

    private void begin(String name, String help, String type) {
        family = name;
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    void sample(String label, String labelValue, long value) {
        text.append(family).append('{').append(label).append("=\"");
        text.append(labelValue.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
        text.append("\"} ").append(value).append('\n');
    }

    /** The library's own counters. */
    void describe(SpliceMetrics metrics) {
        counter("splice_bytes_spliced_total", "Bytes that went from a pipe into a socket", metrics.bytesSpliced());
        counter("splice_bytes_copied_total", "Bytes that went through user space", metrics.bytesCopied());
        counter("splice_buffers_total", "Filled pipes that went up a pipeline", metrics.buffers());
        gauge("splice_buffers_in_flight", "Buffers alive now", metrics.buffersInFlight());
        counter("splice_adoptions_total", "Channels adopted", metrics.adoptions());
        counter("splice_pipes_created_total", "Pipes made", metrics.pipesCreated());
        counter("splice_pipes_reused_total", "Times that a pooled pipe served", metrics.pipesReused());
        gauge("splice_pipes_in_use", "Pipes that hold bytes now", metrics.pipesInUse());
        gauge("splice_pipes_pooled", "Pipes that wait in pools now", metrics.pipesPooled());
        counter("splice_pipes_closed_dirty_total", "Pipes closed with bytes in them", metrics.pipesClosedDirty());
        counter("splice_pipes_trimmed_total", "Pipes closed because they lay unused", metrics.pipesTrimmed());
        counter("splice_pipes_refused_total", "Times that no pipe could be had", metrics.pipesRefused());
        counters("splice_fallbacks_total", "Times that splicing was refused or ended");
        for (SpliceFallback reason : SpliceFallback.values()) {
            sample("reason", ProxyCounters.lowerCase(reason), metrics.fallbacks(reason));
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
