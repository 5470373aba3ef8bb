// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What the connections through one proxy have come to. Any thread. */
final class SoakTally {
    static final String HEAD = "%-18s %11s %8s %7s %7s %5s %5s %5s"
            .formatted("proxy", "connections", "MiB", "ok", "reset", "lost", "wrong", "hung");
    /** One fault is much like the next. */
    private static final int MOST_EXPLAINED = 20;

    private final String proxy;
    private final LongAdder bytes = new LongAdder();
    private final Map<SoakVerdict, LongAdder> verdicts = new EnumMap<>(SoakVerdict.class);
    private final AtomicInteger explained = new AtomicInteger();

    SoakTally(String proxy) {
        this.proxy = proxy;
        for (SoakVerdict verdict : SoakVerdict.values()) { // all of them now, so that any thread may count
            verdicts.put(verdict, new LongAdder());
        }
    }

    void received(long count) {
        bytes.add(count);
    }

    void explain(String fault) {
        if (explained.incrementAndGet() <= MOST_EXPLAINED) {
            System.out.println(proxy + ": " + fault);
        }
    }

    void count(SoakVerdict verdict) {
        verdicts.get(verdict).increment();
    }

    /** Nothing went wrong, and there was something that could have. */
    boolean isGood() {
        boolean isGood = of(SoakVerdict.OK) > 0 && of(SoakVerdict.RESET) > 0;
        for (SoakVerdict verdict : SoakVerdict.values()) {
            isGood &= !verdict.isFault() || of(verdict) == 0;
        }
        return isGood;
    }

    private long of(SoakVerdict verdict) {
        return verdicts.get(verdict).sum();
    }

    private long connections() {
        return verdicts.values().stream().mapToLong(LongAdder::sum).sum();
    }

    @Override
    public String toString() {
        return "%-18s %11d %8d %7d %7d %5d %5d %5d"
                .formatted(
                        proxy,
                        connections(),
                        bytes.sum() >> 20,
                        of(SoakVerdict.OK),
                        of(SoakVerdict.RESET),
                        of(SoakVerdict.LOST),
                        of(SoakVerdict.WRONG),
                        of(SoakVerdict.HUNG));
    }
}
