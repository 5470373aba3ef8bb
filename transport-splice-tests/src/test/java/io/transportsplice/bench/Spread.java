// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.List;
import java.util.stream.IntStream;

/** What repetitions of a run yielded. */
record Spread(List<Double> values) {

    double median() {
        double[] sorted = sorted();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    double min() {
        return sorted()[0];
    }

    double max() {
        return sorted()[values.size() - 1];
    }

    /** The median of what each repetition has as a multiple of the other's; of a run cut short, that of the medians. */
    double ratio(Spread other) {
        if (values.size() != other.values.size()) {
            return median() / other.median();
        }
        List<Double> ratios = IntStream.range(0, values.size())
                .mapToObj(i -> values.get(i) / other.values.get(i))
                .toList();
        return new Spread(ratios).median();
    }

    private double[] sorted() {
        return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }
}
