// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

/** Text for a page that is XML, too. */
final class Html {

    private Html() {}

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** The median, the least and the most. */
    static String spread(Metric metric, Spread spread) {
        return metric.format(spread.median()) + " (" + metric.format(spread.min()) + " - " + metric.format(spread.max())
                + ")";
    }
}
