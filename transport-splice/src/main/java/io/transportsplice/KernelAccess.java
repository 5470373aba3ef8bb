// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.internal.SystemPropertyUtil;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The ways to call the kernel, the better one first. The first that works is taken, or the one that
 * {@code -Dio.transportsplice.kernel} names; no class of those behind it is loaded, for jnr-ffi makes new JDKs warn.
 */
enum KernelAccess {
    FFM("Java 22 and permission to call native code"),
    JNR("sun.misc.Unsafe, permission to call native code, and a java.io.tmpdir to run it from");

    /** What works, and why what would have been better does not. */
    record Opened(KernelAccess access, Kernel kernel, String passedOver) {
        @Override
        public String toString() {
            return passedOver.isEmpty() ? access.toString() : access + ", since " + passedOver;
        }
    }

    private static final String AUTO = "auto";

    private final String needs;

    KernelAccess(String needs) {
        this.needs = needs;
    }

    Kernel open() {
        return this == FFM ? FfmKernel.open() : new JnrKernel();
    }

    /** Throws why there is none, in its own words and, suppressed, in theirs. */
    static Opened openWanted() {
        return open(SystemPropertyUtil.get("io.transportsplice.kernel", AUTO));
    }

    static Opened open(String property) {
        Map<KernelAccess, Throwable> failures = new EnumMap<>(KernelAccess.class);
        for (KernelAccess access : wanted(property)) {
            try {
                return new Opened(access, access.open(), describe(failures));
            } catch (Throwable e) { // errors of class loading, linking and native loading, too
                failures.put(access, e);
            }
        }
        UnsupportedOperationException none = new UnsupportedOperationException(
                "no way to call the kernel with -Dio.transportsplice.kernel=" + property + ": " + describe(failures)
                        + (failures.size() == 1 ? "; auto tries ffm and jnr" : ""));
        failures.values().forEach(none::addSuppressed);
        throw none;
    }

    private static Set<KernelAccess> wanted(String property) {
        Set<KernelAccess> all = EnumSet.allOf(KernelAccess.class);
        String name = property.trim();
        if (!name.equalsIgnoreCase(AUTO)) {
            all.removeIf(access -> !access.toString().equalsIgnoreCase(name));
        }
        if (all.isEmpty()) {
            throw new IllegalArgumentException(
                    "-Dio.transportsplice.kernel=" + property + ": it is one of auto, ffm and jnr");
        }
        return all;
    }

    private static String describe(Map<KernelAccess, Throwable> failures) {
        return failures.entrySet().stream()
                .map(failure -> failure.getKey() + ", which needs " + failure.getKey().needs + ", fails with "
                        + rootOf(failure.getValue()))
                .collect(Collectors.joining("; "));
    }

    /** What the others say is only that something failed. Its first line: jffi puts a stack trace into its message. */
    private static String rootOf(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root.toString().lines().findFirst().orElse("");
    }

    /** As the property names it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
