// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.testing.Backend;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A network namespace of its own for the proxy, and the one wire that leads there. */
final class PrivateNetwork implements AutoCloseable {
    private static final long PID = ProcessHandle.current().pid();
    private static final int PREFIX_LENGTH = 30; // of four addresses, of which two are for hosts
    private static final int NETWORKS = 1 << 15; // of that size, in 198.18.0.0/15

    static final String HERE = host(1);
    static final String THERE = host(2);
    private static final String NAMESPACE = "splice";

    private final String ip = Tool.require("ip");
    private final String tc = Tool.require("tc");
    private final String namespace = NAMESPACE + PID;
    private final String outer = "spl" + PID;
    private final String inner = "spi" + PID;
    private UnreliableWire unreliable;
    private ProxyRig rig;

    /** Of the block that is set aside for tests of network devices (RFC 2544), and another one for each process. */
    private static String host(int number) {
        long address = (PID % NETWORKS) * 4 + number;
        return "198." + (18 + (address >> 16)) + "." + (address >> 8) % 256 + "." + address % 256;
    }

    /** With a pair of veth(4) devices, which lose nothing. */
    static PrivateNetwork open() throws IOException, InterruptedException {
        return open(network ->
                network.ip("link", "add", network.outer, "mtu", "1500", "type", "veth", "peer", "name", network.inner));
    }

    static PrivateNetwork open(UnreliableWire.Flaws flaws) throws IOException, InterruptedException {
        return open(network -> network.unreliable = UnreliableWire.between(network.outer, network.inner, flaws));
    }

    private interface Wiring {
        void lay(PrivateNetwork network) throws IOException, InterruptedException;
    }

    private static PrivateNetwork open(Wiring wiring) throws IOException, InterruptedException {
        Tool.requireRoot();
        PrivateNetwork network = new PrivateNetwork();
        network.removeWhatOthersLeft();
        if (!Tool.succeeds(network.ip, "netns", "add", network.namespace)) {
            Tool.skipForLackOf("network namespaces that may be made");
        }
        try {
            wiring.lay(network);
            network.connect();
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            network.close();
            throw e;
        }
        return network;
    }

    /** A JVM that was killed could not. */
    private void removeWhatOthersLeft() throws IOException, InterruptedException {
        for (String line : Tool.run(ip, "netns", "list").split("\n", -1)) {
            String name = line.split(" ", 2)[0];
            if (name.matches(NAMESPACE + "\\d+")
                    && !Files.exists(Path.of("/proc", name.substring(NAMESPACE.length())))) {
                ip("netns", "del", name);
            }
        }
    }

    private void connect() throws IOException, InterruptedException {
        ip("link", "set", inner, "netns", namespace);
        ip("addr", "add", HERE + "/" + PREFIX_LENGTH, "dev", outer);
        ip("link", "set", outer, "up");
        inside(ip, "addr", "add", THERE + "/" + PREFIX_LENGTH, "dev", inner);
        inside(ip, "link", "set", inner, "up");
    }

    /**
     * The proxy inside, its clients and servers outside: every byte crosses the wire twice. Closed with the network, one
     * for each.
     */
    ProxyRig startProxy(String... options) throws IOException {
        rig = new ProxyRig(
                Backend.open(new InetSocketAddress(HERE, 0), 0),
                0,
                proxy -> proxy.under(entrance())
                        .listen(THERE + ":0")
                        .with("--mode", "splice")
                        .with(options));
        return rig;
    }

    /** The wire, if it is one of those. */
    UnreliableWire wire() {
        return unreliable;
    }

    /** What to put before the proxy's command. */
    String[] entrance() {
        return new String[] {ip, "netns", "exec", namespace};
    }

    /** Real packets of the size of the wire, instead of the 64 KiB that a virtual one carries at once. */
    void withoutOffloads() throws IOException, InterruptedException {
        ip("link", "set", "dev", outer, "gso_max_segs", "1");
        inside(ip, "link", "set", "dev", inner, "gso_max_segs", "1");
    }

    /** How much a socket of the proxy may hold: {@code tcp_rmem} and {@code tcp_wmem} of its namespace. */
    void boundBuffers(int bytes) throws IOException, InterruptedException {
        String triple = 4096 + " " + bytes + " " + bytes;
        inside("sh", "-c", "cd /proc/sys/net/ipv4 && echo " + triple + " >tcp_rmem && echo " + triple + " >tcp_wmem");
    }

    /** A queueing discipline at both ends, such as tbf. */
    void shape(String... discipline) throws IOException, InterruptedException {
        Tool.run(concat(new String[] {tc, "qdisc", "add", "dev", outer, "root"}, discipline));
        inside(concat(new String[] {tc, "qdisc", "add", "dev", inner, "root"}, discipline));
    }

    /** Packets that were dropped on the way, at both ends. */
    long dropped() throws IOException, InterruptedException {
        String statistics = Tool.run(tc, "-s", "qdisc", "show", "dev", outer)
                + Tool.run(concat(entrance(), tc, "-s", "qdisc", "show", "dev", inner));
        return statistics
                .lines()
                .filter(line -> line.contains("dropped "))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".*dropped (\\d+).*", "$1")))
                .sum();
    }

    void down() throws IOException, InterruptedException {
        inside(ip, "link", "set", inner, "down");
    }

    void up() throws IOException, InterruptedException {
        inside(ip, "link", "set", inner, "up");
    }

    private void ip(String... arguments) throws IOException, InterruptedException {
        Tool.run(concat(new String[] {ip}, arguments));
    }

    private void inside(String... command) throws IOException, InterruptedException {
        Tool.run(concat(entrance(), command));
    }

    private static String[] concat(String[] first, String... second) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(second));
        return all.toArray(String[]::new);
    }

    /** The proxy goes first, then the wire: the namespace lives on for as long as the last process inside takes to end. */
    @Override
    public void close() throws IOException {
        try {
            if (rig != null) {
                rig.close();
            }
            if (unreliable != null) {
                unreliable.close();
            } else {
                Tool.succeeds(ip, "link", "del", outer); // not there, if it could not be made
            }
            ip("netns", "del", namespace);
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted: the test's timeout has passed", e);
        }
    }
}
