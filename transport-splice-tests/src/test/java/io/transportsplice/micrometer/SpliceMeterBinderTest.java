// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.transportsplice.SpliceFallback;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Baseline.class)
@Timeout(120)
class SpliceMeterBinderTest {
    private static final int MIB = 1024 * 1024;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void shouldShowEveryValueOfTheMetrics() throws Exception {
        new SpliceMeterBinder().bindTo(registry);
        relay(Mode.SPLICE);
        relay(Mode.COPY);
        assertEquals(1, gauge("splice.available"));

        // Both relays are gone, so nothing changes any more.
        SpliceMetrics metrics = SpliceMetrics.snapshot();
        assertEquals(metrics.pipesCreated(), counter("splice.pipes.opened"));
        assertEquals(metrics.pipesReused(), counter("splice.pipes.reused"));
        assertEquals(metrics.pipesClosedDirty(), counter("splice.pipes.dirty"));
        assertEquals(metrics.pipesTrimmed(), counter("splice.pipes.trimmed"));
        assertEquals(metrics.pipesRefused(), counter("splice.pipes.refused"));
        assertEquals(metrics.adoptions(), counter("splice.adoptions"));
        assertEquals(metrics.buffers(), counter("splice.buffers"));
        assertEquals(metrics.bytesSpliced(), counter("splice.relayed", "path", "spliced"));
        assertEquals(metrics.bytesCopied(), counter("splice.relayed", "path", "copied"));
        for (SpliceFallback reason : SpliceFallback.values()) {
            String tag = reason.name().toLowerCase(Locale.ROOT);
            assertEquals(metrics.fallbacks(reason), counter("splice.fallbacks", "reason", tag), tag);
        }
        assertTrue(counter("splice.relayed", "path", "spliced") >= MIB);
        assertTrue(counter("splice.relayed", "path", "copied") >= MIB);
        assertTrue(counter("splice.fallbacks", "reason", "policy_never") >= 2);
    }

    @Test
    void shouldShowWhatIsInUseNow() throws Exception {
        new SpliceMeterBinder().bindTo(registry);
        assertEquals(0, gauge("splice.buffers.in.flight"));
        try (Rig rig = new Rig(Mode.SPLICE).smallBuffers()) {
            Link link = rig.link(Route.TCP_TCP_UP);
            long sent = link.fillUp(64L * MIB);
            // Nobody receives, so buffers stand in the sink's queue, each with its pipe.
            assertTrue(gauge("splice.buffers.in.flight") >= 1);
            assertEquals(gauge("splice.buffers.in.flight"), gauge("splice.pipes", "state", "used"));
            link.source().halfClose();
            link.expectEndOfForward(0, sent);
            assertEquals(0, gauge("splice.buffers.in.flight"));
            assertEquals(0, gauge("splice.pipes", "state", "used"));
            Await.until("a pipe lies in the pool", () -> gauge("splice.pipes", "state", "pooled") >= 1);
            link.finish();
        }
    }

    @Test
    void shouldGiveItsTagsToEveryMeter() {
        new SpliceMeterBinder(Tags.of("proxy", "a")).bindTo(registry);
        assertFalse(registry.getMeters().isEmpty());
        for (Meter meter : registry.getMeters()) {
            assertTrue(meter.getId().getTags().contains(Tag.of("proxy", "a")), () -> String.valueOf(meter.getId()));
        }
    }

    @Test
    void shouldGoOnOnceTheBinderIsGarbage() throws Exception {
        WeakReference<SpliceMeterBinder> binder = bindAndForget();
        Await.until("the binder is collected", () -> {
            System.gc();
            return binder.get() == null;
        });
        long before = counter("splice.relayed", "path", "spliced");
        relay(Mode.SPLICE);
        assertTrue(counter("splice.relayed", "path", "spliced") >= before + MIB);
    }

    private WeakReference<SpliceMeterBinder> bindAndForget() {
        SpliceMeterBinder binder = new SpliceMeterBinder();
        binder.bindTo(registry);
        return new WeakReference<>(binder);
    }

    @Test
    void shouldHaveNamesThatPrometheusKeeps() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new SpliceMeterBinder().bindTo(prometheus);
        TreeSet<String> names = prometheus
                .scrape()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(
                List.of(
                        "splice_adoptions_total",
                        "splice_available",
                        "splice_buffers_in_flight",
                        "splice_buffers_total",
                        "splice_fallbacks_total",
                        "splice_pipes",
                        "splice_pipes_dirty_total",
                        "splice_pipes_opened_total",
                        "splice_pipes_refused_total",
                        "splice_pipes_reused_total",
                        "splice_pipes_trimmed_total",
                        "splice_relayed_bytes_total"),
                List.copyOf(names));
    }

    @Test
    void shouldBeTheOnlyPackageThatNeedsMicrometer() throws Exception {
        Path library = Path.of(SpliceMetrics.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (URLClassLoader loader = new URLClassLoader(withoutMicrometer(), ClassLoader.getPlatformClassLoader())) {
            List<String> names = classNames(library);
            assertTrue(names.contains(SpliceMetrics.class.getName()), names::toString);
            for (String name : names) {
                if (!name.startsWith("io.transportsplice.micrometer.")) {
                    linkMembers(Class.forName(name, false, loader));
                }
            }
            assertThrows(
                    NoClassDefFoundError.class, () -> Class.forName(SpliceMeterBinder.class.getName(), false, loader));
        }
    }

    /** Loads every class that a member of this one names. */
    private static void linkMembers(Class<?> type) {
        assertNotNull(type.getDeclaredMethods());
        assertNotNull(type.getDeclaredConstructors());
        assertNotNull(type.getDeclaredFields());
    }

    private static URL[] withoutMicrometer() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            if (!entry.contains("micrometer")) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        return urls.toArray(URL[]::new);
    }

    /** The library is a jar here, or a directory where only compiled. */
    private static List<String> classNames(Path library) throws Exception {
        if (Files.isDirectory(library)) {
            return classNamesUnder(library);
        }
        try (FileSystem jar = FileSystems.newFileSystem(library)) {
            return classNamesUnder(jar.getPath("/"));
        }
    }

    private static List<String> classNamesUnder(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.map(file -> root.relativize(file).toString())
                    .filter(file -> file.startsWith("io/") && file.endsWith(".class"))
                    .map(file -> file.replace(".class", "").replace('/', '.'))
                    .toList();
        }
    }

    private static void relay(Mode mode) throws Exception {
        try (Rig rig = new Rig(mode)) {
            Link link = rig.link(Route.TCP_TCP_UP);
            link.carryToEnd(MIB, 64 * 1024);
            link.finish();
        }
    }

    private long counter(String name, String... tags) {
        return (long) registry.get(name).tags(tags).functionCounter().count();
    }

    private long gauge(String name, String... tags) {
        return (long) registry.get(name).tags(tags).gauge().value();
    }
}
