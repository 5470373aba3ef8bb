// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A JVM with options, whose first minute is compared with others'.
 *
 * @param archive what a run of its own has to write before; empty if none
 * @param writing the option that writes it
 */
record Setup(String name, Path java, List<String> options, Optional<Path> archive, String writing) {

    private static final List<String> C1 = List.of("-XX:TieredStopAtLevel=1");
    private static final List<String> SMALL = List.of("-XX:+UseSerialGC", "-Xmx64m");
    private static final int FIRST_WITH_AOT_CACHE = 25;

    /** Those that are worth a look, for a JDK of this feature version. */
    static List<Setup> of(Path home, int version, Path out) {
        Path java = home.resolve("bin").resolve("java");
        List<Setup> setups = new ArrayList<>(List.of(
                plain(version + "", java, List.of()),
                plain(version + "-small", java, SMALL),
                plain(version + "-c1", java, C1),
                archived(version + "-cds", java, List.of(), out),
                archived(version + "-cds-c1", java, C1, out),
                archived(version + "-cds-c1-small", java, both(C1, SMALL), out)));
        if (version >= FIRST_WITH_AOT_CACHE) {
            setups.add(cached(version + "-aot", java, List.of(), out));
            setups.add(cached(version + "-aot-c1", java, C1, out));
        }
        return setups;
    }

    private static List<String> both(List<String> some, List<String> others) {
        List<String> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    private static Setup plain(String name, Path java, List<String> options) {
        return new Setup(name, java, options, Optional.empty(), "");
    }

    /** With a class data archive. */
    private static Setup archived(String name, Path java, List<String> options, Path out) {
        return with(out.resolve(name + ".jsa"), name, java, options, "SharedArchiveFile", "ArchiveClassesAtExit");
    }

    /** With an ahead-of-time cache, which holds method profiles too. */
    private static Setup cached(String name, Path java, List<String> options, Path out) {
        return with(out.resolve(name + ".aot"), name, java, options, "AOTCache", "AOTCacheOutput");
    }

    private static Setup with(Path archive, String name, Path java, List<String> options, String reads, String writes) {
        return new Setup(
                name,
                java,
                both(options, List.of("-XX:" + reads + "=" + archive)),
                Optional.of(archive),
                "-XX:" + writes + "=" + archive);
    }

    Relay relay(Path jar, int pipe) {
        return relay(options, jar, pipe);
    }

    /** The one that writes the archive when it ends. */
    Relay writer(Path jar, int pipe) {
        List<String> all = new ArrayList<>(options);
        all.set(all.size() - 1, writing);
        return relay(all, jar, pipe);
    }

    private Relay relay(List<String> all, Path jar, int pipe) {
        return new Relay(name, true, 2, pipe, Relay.BULK, route -> {
            List<String> line = new ArrayList<>(List.of(java.toString()));
            line.addAll(all);
            line.addAll(Relays.proxyLine(jar, "auto", route, pipe));
            return line;
        });
    }
}
