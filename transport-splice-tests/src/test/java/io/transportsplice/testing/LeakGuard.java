// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Makes a leak report of Netty a failure: of the test class after which it is seen, or, for what becomes garbage only
 * once the event loops are gone, of the whole run. Netty by itself only logs, and only if something of the same type is
 * allocated after the garbage collector found the leak, so this collects and asks.
 *
 * <p>Every test class has it without asking: {@code META-INF/services} names it and {@code junit-platform.properties}
 * turns that on. It must be loaded before any class of Netty's that counts references, because those keep the detector
 * that they find first; the engine makes its extensions before it touches a test class. {@link LeakGuardTest} fails
 * should that ever change.
 */
public final class LeakGuard implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakGuard.class);

    /** How long one collection may take until it is given up, far above what a busy machine needs. */
    private static final long COLLECTION_TIMEOUT_MILLIS = 30_000;

    private static final Pattern RUNNER = Pattern.compile("^\\s+(org\\.junit\\.|org\\.apache\\.maven\\.|java\\.base/)");

    private static final List<Detector> DETECTORS = new CopyOnWriteArrayList<>();
    private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();

    static {
        // Else whoever reads byte by byte pays for a stack trace with each: seconds for a MiB.
        System.setProperty("io.netty.leakDetection.acquireAndReleaseOnly", "true");
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Factory());
    }

    /** To be called before any class of Netty's that counts references is loaded. */
    static void install() {
        // done by the static initializer
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // What is put into the root store first is closed last, and what its closing throws fails the run.
        ExtensionContext.Store store = context.getRoot().getStore(NAMESPACE);
        if (store.get(LeakGuard.class) == null) {
            AutoCloseable lastCheck = () -> check("the last test");
            store.put(LeakGuard.class, lastCheck);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        check(context.getRequiredTestClass().getName());
    }

    /**
     * Collects garbage and returns the leaks found since the last call, each with the accesses that Netty recorded.
     * They count as dealt with.
     */
    static List<String> collect() throws InterruptedException {
        // One collection may hand over its sentinel before the rest of its catch; the second proves it all handed over.
        awaitCollection();
        awaitCollection();
        DETECTORS.forEach(Detector::poll);
        List<String> found = new ArrayList<>();
        for (String report = REPORTS.poll(); report != null; report = REPORTS.poll()) {
            found.add(report);
        }
        return found;
    }

    static void check(String when) {
        List<String> found;
        try {
            found = collect();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while looking for leaks after " + when, e);
        }
        if (!found.isEmpty()) {
            throw new AssertionError(found.size() + " leaked, seen after " + when + ":\n" + String.join("\n", found));
        }
    }

    private static void awaitCollection() throws InterruptedException {
        ReferenceQueue<Object> collected = new ReferenceQueue<>();
        Reference<Object> sentinel = new PhantomReference<>(new Object(), collected);
        long giveUpNanos = System.nanoTime() + COLLECTION_TIMEOUT_MILLIS * 1_000_000;
        do {
            System.gc();
        } while (collected.remove(100) != sentinel && System.nanoTime() - giveUpNanos < 0);
    }

    /** Two thirds of every recorded stack are frames of JUnit, its launcher and the JDK between them. */
    private static String withoutTheRunner(String records) {
        return records.lines().filter(line -> !RUNNER.matcher(line).find()).collect(Collectors.joining("\n"));
    }

    private static final class Factory extends ResourceLeakDetectorFactory {
        @Override
        @Deprecated // as the method that it has to implement
        @SuppressWarnings("unchecked") // Netty's type parameter is for the caller only; the detector never looks at it.
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> type, int interval, long maxActive) {
            return (ResourceLeakDetector<T>) new Detector(type, interval);
        }
    }

    private static final class Detector extends ResourceLeakDetector<Object> {
        Detector(Class<?> type, int samplingInterval) {
            super(type, samplingInterval);
            DETECTORS.add(this);
        }

        /** Netty reports what was collected when it is asked to track the next one. */
        void poll() {
            Object probe = new Object();
            ResourceLeakTracker<Object> tracker = trackForcibly(probe);
            tracker.close(probe);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String resourceType, String records) {
            REPORTS.add("LEAK: a " + resourceType + " was not released" + withoutTheRunner(records));
        }

        @Override
        protected void reportUntracedLeak(String resourceType) {
            REPORTS.add("LEAK: a " + resourceType + " was not released; nothing was recorded about it");
        }
    }
}
