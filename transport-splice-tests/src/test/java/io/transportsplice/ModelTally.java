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

    static synchronized long counted(String what) {
        return COUNTS.getOrDefault(what, 0L);
    }

    static synchronized String report() {
        return COUNTS.toString();
    }
}
