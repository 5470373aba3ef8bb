// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All relays that this machine can run; those that it cannot are named, with the reason. */
final class Relays {

    /** Beside the pairs: listeners, libraries, pipes in use. */
    private static final int SPARE_DESCRIPTORS = 1_500;

    private static final int HAPROXY_PIPES = 512;

    private final Options options;
    private final Workshop workshop;
    private final List<Relay> found = new ArrayList<>();
    private final List<String> absent = new ArrayList<>();

    Relays(Options options, Workshop workshop) throws IOException, InterruptedException {
        this.options = options;
        this.workshop = workshop;
        addLimits();
        addOurs();
        addHaproxy();
        addGo();
        addNginx();
        found.removeIf(relay -> !options.wantsRelay(relay.name()));
    }

    List<Relay> found() {
        return found;
    }

    List<String> absent() {
        return absent;
    }

    /** How many pairs it can be given without running into the machine's limit. */
    static int affordablePairs(Relay relay, int wanted) throws IOException {
        return Math.min(wanted, (Machine.descriptorLimit() - SPARE_DESCRIPTORS) / relay.descriptorsPerPair());
    }

    /** What the work costs at least: a loop in C and nothing else. */
    private void addLimits() throws IOException, InterruptedException {
        String program = workshop.buildC("relay").toString();
        addForEachPipe("c-splice", false, 2, pipe -> route -> cLine(program, "splice", route, pipe));
        found.add(new Relay("c-copy", false, 2, 0, Relay.ALL, route -> cLine(program, "copy", route, 64 << 10)));
    }

    static List<String> cLine(String program, String mode, Route route, int size) {
        return List.of(program, mode, route.listen(), route.target(), String.valueOf(size));
    }

    private void addOurs() {
        Path jar = options.proxyJar();
        if (!Files.exists(jar)) {
            absent.add("auto, splice, copy, plain, stock: " + jar.getFileName() + " has not been built");
            return;
        }
        addOurs("", jar);
        // An earlier build beside this one.
        options.rival().ifPresent(rival -> addOurs(Results.RIVAL, rival));
        for (String mode : List.of("always", "plain")) {
            addLoopRelay("crossing", mode, Relay.BULK);
        }
        for (String mode : List.of("auto", "plain")) {
            addLoopRelay("looking", mode, Relay.BULK);
            addLoopRelay("unwrapped", mode, EnumSet.of(Kind.ROUNDS));
        }
    }

    private void addOurs(String prefix, Path jar) {
        addForEachPipe(prefix + "splice", true, 2, pipe -> route -> ourLine(jar, "splice", route, pipe));
        addForEachPipe(prefix + "auto", true, 2, pipe -> route -> ourLine(jar, "auto", route, pipe));
        for (String mode : List.of("copy", "plain", "stock")) {
            int descriptors = mode.equals("stock") ? 6 : 2;
            int pipe = options.pipes().get(0);
            found.add(new Relay(
                    prefix + mode, true, descriptors, 0, Relay.ALL, route -> ourLine(jar, mode, route, pipe)));
        }
    }

    private void addLoopRelay(String what, String mode, Set<Kind> kinds) {
        found.add(new Relay(what + "-" + mode, true, 2, 0, kinds, route -> loopLine(what, mode, route)));
    }

    private List<String> loopLine(String what, String mode, Route route) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dio.transportsplice.pipeCapacity=" + options.pipes().get(0),
                "-cp",
                System.getProperty("java.class.path"),
                LoopRelay.class.getName(),
                route.listen(),
                route.target(),
                mode,
                what);
    }

    private static List<String> ourLine(Path jar, String mode, Route route, int pipe) {
        List<String> line = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g"));
        line.addAll(proxyLine(jar, mode, route, pipe));
        return line;
    }

    /** What follows the JVM and its options. */
    static List<String> proxyLine(Path jar, String mode, Route route, int pipe) {
        return List.of(
                "-jar",
                jar.toString(),
                "--listen=" + route.listen(),
                "--to=" + route.target(),
                "--threads=1",
                "--mode=" + mode,
                "--pipe-capacity=" + pipe,
                "--idle-timeout=0",
                "--drain-timeout=0",
                "--metrics-on-exit");
    }

    private void addHaproxy() {
        Optional<Path> program = Machine.find("haproxy");
        if (program.isEmpty()) {
            absent.add("haproxy-splice, haproxy-copy: no haproxy on the path");
            return;
        }
        addForEachPipe("haproxy-splice", false, 2, pipe -> route -> haproxyLine(program.get(), "splice", route, pipe));
        found.add(new Relay(
                "haproxy-copy", false, 2, 0, Relay.ALL, route -> haproxyLine(program.get(), "copy", route, 64 << 10)));
    }

    private List<String> haproxyLine(Path program, String mode, Route route, int pipe) throws IOException {
        boolean splices = mode.equals("splice");
        int connections = (Machine.descriptorLimit() - 2 * HAPROXY_PIPES - 200) / 2;
        Path file = workshop.configure(
                "haproxy.cfg",
                "haproxy-" + mode + ".cfg",
                Map.of(
                        "listen",
                        route.listen(),
                        "target",
                        route.target(),
                        "pipe",
                        pipe,
                        "pipes",
                        HAPROXY_PIPES,
                        "connections",
                        Math.min(connections, 20_000),
                        "request",
                        splices ? "option splice-request" : "no option splice-request",
                        "response",
                        splices ? "option splice-response" : "no option splice-response"));
        return List.of(program.toString(), "-q", "-db", "-f", file.toString());
    }

    private void addGo() throws IOException, InterruptedException {
        Optional<Path> program = workshop.buildGo("relay");
        if (program.isEmpty()) {
            absent.add("go: no go on the path");
            return;
        }
        found.add(new Relay(
                "go",
                false,
                6,
                0,
                Relay.ALL,
                route -> List.of(program.get().toString(), route.listen(), route.target())));
    }

    private void addNginx() throws IOException {
        Optional<Path> program = Machine.find("nginx");
        if (program.isEmpty()) {
            absent.add("nginx: no nginx on the path");
            return;
        }
        found.add(new Relay("nginx", false, 2, 0, Relay.ALL, route -> nginxLine(program.get(), route)));
    }

    private List<String> nginxLine(Path program, Route route) throws IOException {
        Path module = Path.of("/usr/lib/nginx/modules/ngx_stream_module.so");
        int descriptors = Machine.descriptorLimit();
        Path file = workshop.configure(
                "nginx.conf",
                "nginx-made.conf",
                Map.of(
                        "listen", route.listen(),
                        "target", route.target(),
                        "module", Files.exists(module) ? "load_module " + module + ";" : "",
                        "descriptors", descriptors,
                        "connections", Math.min(descriptors, 40_000)));
        return List.of(program.toString(), "-p", workshop.directory().toString(), "-c", file.toString());
    }

    private void addForEachPipe(String name, boolean isJvm, int descriptors, CommandOfPipe command) {
        List<Integer> pipes = options.pipes();
        for (int i = 0; i < pipes.size(); i++) {
            int pipe = pipes.get(i);
            String nameOfPipe = i == 0 ? name : name + "-" + Units.shortBytes(pipe);
            found.add(
                    new Relay(nameOfPipe, isJvm, descriptors, pipe, i > 0 ? Relay.BULK : Relay.ALL, command.of(pipe)));
        }
    }

    @FunctionalInterface
    private interface CommandOfPipe {
        Relay.Command of(int pipe);
    }
}
