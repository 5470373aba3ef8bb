// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.util.Map;
import java.util.TreeMap;

/** What the properties tried, for the log: a property that reaches nothing proves nothing. */
final class ModelTally {
    private static final Map<String, Long> COUNTS = new TreeMap<>();

    private ModelTally() {}

    static synchronized void count(String what, long n) {
        COUNTS.merge(what, n, Long::sum);
    }

    static void called(ModelKernel.Call call, int fault) {
        count(call + (fault == 0 ? "" : fault == ModelKernel.SHORT ? " short" : " errno " + fault), 1);
    }

    /** All counts of this JVM so far, to be compared with later ones. */
    static synchronized Map<String, Long> counts() {
        return new TreeMap<>(COUNTS);
    }

    /** What was counted since these were the counts; what was not is not there. */
    static Map<String, Long> since(Map<String, Long> before) {
        Map<String, Long> counts = counts();
        before.forEach((what, n) -> counts.merge(what, -n, Long::sum));
        counts.values().removeIf(n -> n == 0);
        return counts;
    }
}
