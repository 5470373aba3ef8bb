// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Two network namespaces with a veth pair between them, whose segments are those of a wire: 1,500 bytes, no offloading,
 * so that each slot of a pipe holds one small fragment. Made in a user namespace, without privileges where the kernel
 * allows that, and gone with the two processes that keep it.
 */
final class Wire implements Place {

    private static final String RELAY_HOST = "10.0.0.1";
    private static final String LOAD_HOST = "10.0.0.2";
    private static final int LONGEST_LIFE_SECONDS = 4 * 3_600;
    private static final int START_SECONDS = 5;

    private final List<Process> keepers = new ArrayList<>();
    private final List<String> relaySide;
    private final List<String> loadSide;

    private Wire(Path offload) throws IOException, InterruptedException {
        try {
            relaySide = namespace(List.of("unshare", "--map-root-user", "--net"));
            List<String> inside = new ArrayList<>(relaySide);
            inside.addAll(List.of("unshare", "--net"));
            loadSide = namespace(inside);
            long loadKeeper = keepers.get(1).pid();
            run(relaySide, "ip link add relay0 type veth peer name load0 netns " + loadKeeper);
            configure(relaySide, offload, "relay0", RELAY_HOST);
            configure(loadSide, offload, "load0", LOAD_HOST);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * @param offload the program that switches offloading off
     * @throws IOException with the reason, where it may not be made
     */
    static Wire open(Path offload) throws IOException, InterruptedException {
        return new Wire(offload);
    }

    /** Returns what runs a command in a new namespace, once it is there. */
    private List<String> namespace(List<String> unshare) throws IOException, InterruptedException {
        String own = networkOf(ProcessHandle.current().pid());
        String before = keepers.isEmpty() ? own : networkOf(keepers.get(0).pid());
        List<String> line = new ArrayList<>(unshare);
        line.addAll(List.of("sleep", String.valueOf(LONGEST_LIFE_SECONDS)));
        Process keeper = Children.start(new ProcessBuilder(line).redirectErrorStream(true));
        keepers.add(keeper);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (List.of(own, before).contains(networkOf(keeper.pid()))) {
            if (keeper.waitFor(10, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
                throw new IOException(
                        "no network namespace: " + keeper.inputReader().readLine());
            }
        }
        String pid = String.valueOf(keeper.pid());
        return List.of("nsenter", "--target", pid, "--user", "--net", "--preserve-credentials");
    }

    private static String networkOf(long pid) throws IOException {
        return Machine.link("/proc/" + pid + "/ns/net");
    }

    private static void configure(List<String> side, Path offload, String device, String host)
            throws IOException, InterruptedException {
        run(side, offload + " " + device);
        run(side, "ip addr add " + host + "/24 dev " + device);
        run(side, "ip link set " + device + " up");
        run(side, "ip link set lo up");
    }

    private static void run(List<String> side, String command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(side);
        line.addAll(List.of(command.split(" ", -1)));
        Process process = Children.start(new ProcessBuilder(line).redirectErrorStream(true));
        List<String> complaints = process.inputReader().lines().toList();
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + String.join(" / ", complaints));
        }
    }

    @Override
    public String relayHost() {
        return RELAY_HOST;
    }

    @Override
    public String loadHost() {
        return LOAD_HOST;
    }

    @Override
    public List<String> relaySide() {
        return relaySide;
    }

    @Override
    public List<String> loadSide() {
        return loadSide;
    }

    @Override
    public void close() {
        keepers.forEach(keeper -> Children.end(keeper, 1));
    }
}
