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
 * Joins a peer with the other end of its connection by a BPF sockmap, as service meshes do on one machine: what either end
 * sends from then on is handed to the other past the network, into a queue of which splice(2) knows nothing. A program in
 * C does it, {@code bench/sockmap.c}, and has to stay for as long as it is to last.
 */
public final class Sockmap implements AutoCloseable {
    private static final String JOINED = "joined";
    private static final int NOT_ALLOWED = 2;
    private static final long PID = ProcessHandle.current().pid();

    private final Path program;
    private final List<Process> joints = new ArrayList<>();

    /** @param program what has been made of {@code sockmap.c} */
    public Sockmap(Path program) {
        this.program = program;
    }

    /** This machine, or this user, has no sockmaps. */
    public static final class NotAllowedException extends IOException {
        private static final long serialVersionUID = 1;

        NotAllowedException(String message) {
            super(message);
        }
    }

    /** The peer and the end that another process has. Nothing may be on its way between them at this moment. */
    public void join(Peer peer, long pid) throws IOException, InterruptedException {
        Process joint = new ProcessBuilder(
                        program.toString(),
                        String.valueOf(PID),
                        port(peer.localAddress()),
                        String.valueOf(pid),
                        port(peer.remoteAddress()))
                .redirectErrorStream(true)
                .start();
        joints.add(joint);
        String said = joint.inputReader().readLine();
        if (!JOINED.equals(said)) {
            String all = said + rest(joint.getInputStream());
            throw joint.waitFor() == NOT_ALLOWED ? new NotAllowedException(all) : new IOException(all);
        }
    }

    /** The same, where this process has both ends. */
    public void join(Peer peer) throws IOException, InterruptedException {
        join(peer, PID);
    }

    private static String rest(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String port(SocketAddress address) {
        return String.valueOf(((InetSocketAddress) address).getPort());
    }

    @Override
    public void close() throws IOException {
        for (Process joint : joints) {
            joint.destroyForcibly();
            joint.getInputStream().close();
            joint.getOutputStream().close();
            joint.getErrorStream().close();
        }
        joints.clear();
    }
}
