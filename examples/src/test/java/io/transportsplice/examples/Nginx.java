// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** An nginx with the servers that a test wants, on ports that were free; it runs in a directory of its own. */
final class Nginx implements AutoCloseable {
    private static final int ATTEMPTS = 5;

    private final Process process;
    private final List<Integer> ports;

    private Nginx(Process process, List<Integer> ports) {
        this.process = process;
        this.ports = ports;
    }

    /**
     * @param servers blocks of the configuration, with %1$d and so on for the ports
     * @param count how many ports they need
     */
    static Nginx start(Path directory, String servers, int count) throws IOException {
        Files.createDirectories(directory.resolve("logs"));
        Files.createDirectories(directory.resolve("tmp"));
        for (int attempt = 1; ; attempt++) { // somebody else may take a port before nginx does
            List<Integer> ports = freePorts(count);
            Path config =
                    Files.writeString(directory.resolve("nginx.conf"), config(servers.formatted(ports.toArray())));
            Path log = directory.resolve("logs/error.log");
            Process process = Programs.start(
                    directory.resolve("logs/out.log"), "nginx", "-p", directory + "/", "-c", config.toString());
            if (isUp(process, ports)) {
                return new Nginx(process, ports);
            }
            assertTrue(attempt < ATTEMPTS, () -> "nginx does not start: " + read(log));
        }
    }

    private static List<Integer> freePorts(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    try {
                        return Programs.freePort();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toList();
    }

    private static String config(String servers) {
        String user = "root".equals(System.getProperty("user.name")) ? "user root;\n" : "";
        return user + """
            daemon off;
            worker_processes 1;
            pid tmp/nginx.pid;
            error_log logs/error.log;
            events { worker_connections 1024; }
            http {
                access_log off;
                sendfile on;
                keepalive_requests 100000;
                client_max_body_size 0;
                client_body_temp_path tmp/body;
                proxy_temp_path tmp/proxy;
                fastcgi_temp_path tmp/fastcgi;
                uwsgi_temp_path tmp/uwsgi;
                scgi_temp_path tmp/scgi;
            """ + servers + "}\n";
    }

    private static boolean isUp(Process process, List<Integer> ports) {
        return ports.stream().allMatch(port -> Programs.awaitAccepting(process, port));
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The nth of its ports, from 0 on. */
    int port(int n) {
        return ports.get(n);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
