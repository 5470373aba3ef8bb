// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a program in C has the kernel do with both ends of a connection of this machine, each time one that stays until
 * this is closed: {@code bench/sockmap.c} hands what one end sends to the other past the network, {@code bench/ktls.c}
 * encrypts it.
 */
public final class Joint implements AutoCloseable {
    private static final String JOINED = "joined";
    private static final int NOT_ALLOWED = 2;
    private static final String PID = Long.toString(ProcessHandle.current().pid());

    private final Path program;
    private final List<Process> processes = new ArrayList<>();

    /** @param program what has been made of the source */
    public Joint(Path program) {
        this.program = program;
    }

    /** This machine, or this user, has no such thing. */
    public static final class NotAllowedException extends IOException {
        private static final long serialVersionUID = 1;

        NotAllowedException(String message) {
            super(message);
        }
    }

    /** From a peer to the other end, which this process has, too. Nothing may be on its way between them now. */
    public void join(Peer peer) throws IOException, InterruptedException {
        start(PID, port(peer.localAddress()), PID, port(peer.remoteAddress()));
    }

    /** The same from the other end to the peer. */
    public void joinBack(Peer peer) throws IOException, InterruptedException {
        start(PID, port(peer.remoteAddress()), PID, port(peer.localAddress()));
    }

    private void start(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(process);
        String said = process.inputReader().readLine();
        if (!JOINED.equals(said)) {
            String all = said + rest(process.getInputStream());
            throw process.waitFor() == NOT_ALLOWED ? new NotAllowedException(all) : new IOException(all);
        }
    }

    /** Has the program that was started last do what it does when told, and waits until that is done. */
    public void tell() throws IOException {
        Process last = processes.get(processes.size() - 1);
        last.getOutputStream().write('\n');
        last.getOutputStream().flush();
        if (last.inputReader().readLine() == null) {
            throw new IOException("the program has ended before it did what it was told");
        }
    }

    private static String rest(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String port(SocketAddress address) {
        return String.valueOf(((InetSocketAddress) address).getPort());
    }

    @Override
    public void close() throws IOException {
        for (Process process : processes) {
            process.destroyForcibly();
            process.getInputStream().close();
            process.getOutputStream().close();
            process.getErrorStream().close();
        }
        processes.clear();
    }
}
