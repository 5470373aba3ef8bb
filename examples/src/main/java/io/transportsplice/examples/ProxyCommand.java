// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.epoll.Epoll;
import io.transportsplice.EpollSplice;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.SpliceOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line that all proxies share, and how they start and end. */
abstract class ProxyCommand implements Callable<Integer> {
    static final String FOOTER = "%nHOST:PORT may also be [IPV6]:PORT or unix:/path. @FILE reads options from a file.%n"
            + "SIGTERM and SIGINT: accepts no more, lets connections finish, exits with 0; a second one resets them.%n"
            + "SIGHUP: reads @FILE and what the options name again, and reopens the access log; --listen and the like take a"
            + " restart.%n"
            + "Exit codes: 2 for wrong options, 1 if it cannot start.";
    private static final int MAX_THREADS = 1_024;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            required = true,
            converter = Conversions.Local.class,
            description = "Port 0 picks a free one.")
    private Endpoint listen;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "Event loops (${DEFAULT-VALUE}).")
    private int threads;

    @Option(
            names = "--reuse-port",
            description = "A listening socket for each event loop (SO_REUSEPORT); the kernel spreads the clients.")
    private boolean reusePort;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "0",
            description = "Clients at a time; further ones wait in the backlog; 0 any number (${DEFAULT-VALUE}).")
    private int maxConnections;

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            converter = Conversions.Local.class,
            description = "Serves /metrics for Prometheus, and / for people.")
    private Endpoint metrics;

    @Mixin
    private LogOptions logs;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            defaultValue = "auto",
            description = {
                "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).",
                "auto splices what streams, splice everything, copy nothing; plain is Netty without this library's"
                        + " handler, stock Netty's deprecated spliceTo (tcp-proxy only)."
            })
    private Mode mode;

    @Option(
            names = "--pipe-capacity",
            paramLabel = "SIZE",
            converter = Conversions.PipeCapacity.class,
            description = "Such as 256k or 1m (the library's default).")
    private Integer pipeCapacity;

    @Mixin
    private TimeoutOptions timeouts;

    @Option(names = "--metrics-on-exit", description = "Prints the library's counters to stderr, as one line.")
    private boolean metricsOnExit;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Prints this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    /**
     * What the proxy does with its clients, made when the options are known to be good.
     *
     * @throws IOException if a file that they name is of no use
     */
    abstract ProxyService service(ProxyServer server) throws IOException;

    /** Checks the options that only this proxy has. */
    void check() {}

    /** What a pipe is to hold; empty for the library's default. */
    Optional<Integer> pipeCapacity() {
        return Optional.ofNullable(pipeCapacity);
    }

    TimeoutOptions timeouts() {
        return timeouts;
    }

    Mode mode() {
        return mode;
    }

    final void noStock() {
        if (mode == Mode.STOCK) {
            throw invalid("--mode", "stock is for tcp-proxy only");
        }
    }

    final ParameterException invalid(String option, String why) {
        return new ParameterException(spec.commandLine(), "Invalid value for option '" + option + "': " + why);
    }

    @Override
    public final Integer call() {
        CompletableFuture<Runnable> reloading = new CompletableFuture<>(); // once there is something to reload
        Signals.onHangup(() -> reloading.thenAccept(Runnable::run));
        ProxyConfig config = config();
        check();
        logs.apply();
        Optional<AccessLog> accessLog;
        ProxyServer server;
        try {
            requireEpoll();
            accessLog = logs.openAccessLog();
            server = ProxyServer.start(config, this::service, accessLog);
        } catch (IOException e) {
            complain(spec.commandLine(), e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        } catch (IllegalStateException e) { // of Netty, where there are no descriptors for an event loop
            String cause = e.getCause() == null ? "" : ": " + Complaint.words(e.getCause());
            complain(spec.commandLine(), Complaint.words(e) + cause);
            return CommandLine.ExitCode.SOFTWARE;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(server, accessLog), "shutdown"));
        Signals.onSecond(server::hurry);
        PrintWriter out = spec.commandLine().getOut();
        out.println("listening on " + server.localEndpoint());
        server.metricsEndpoint().ifPresent(endpoint -> out.println("metrics on " + endpoint));
        out.flush();
        ServiceManager.ready(server.nextLoop());
        reloading.complete(() -> reload(server, accessLog));
        server.awaitClose();
        return CommandLine.ExitCode.OK;
    }

    /** Clients that are there keep what they have; those that come from now on are served as the options have it now. */
    private synchronized void reload(ProxyServer server, Optional<AccessLog> accessLog) {
        ServiceManager.reloading(server.nextLoop());
        accessLog.ifPresent(AccessLog::reopen); // be the options good or not
        try {
            Reload reload = Reload.of(spec);
            ProxyCommand now = reload.command();
            now.config();
            now.check();
            now.mode = mode; // these stay, and what is made now has to go with them
            now.timeouts = timeouts;
            now.pipeCapacity = pipeCapacity().orElse(SpliceOptions.defaults().pipeCapacity());
            now.check();
            server.reload(now::service, now.maxConnections);
            LogOptions.LOGGER.info("has read its options again");
            reload.unheeded().forEach(option -> LogOptions.LOGGER.warn("{} takes a restart", option));
        } catch (ParameterException | IOException e) {
            LogOptions.LOGGER.error("goes on as before: {}", e.getMessage());
        } finally {
            ServiceManager.ready(server.nextLoop());
        }
    }

    private ProxyConfig config() {
        if (threads < 1 || threads > MAX_THREADS) {
            throw invalid("--threads", threads + " is not in 1.." + MAX_THREADS);
        }
        if (maxConnections < 0) {
            throw invalid("--max-connections", maxConnections + " is negative");
        }
        if (reusePort && listen.isUnix()) {
            throw invalid("--reuse-port", "a unix-domain socket has no port");
        }
        return new ProxyConfig(
                spec.name(),
                listen,
                threads,
                reusePort,
                maxConnections,
                Optional.ofNullable(metrics),
                mode,
                spliceOptions(),
                timeouts.idle(),
                timeouts.halfClosed(),
                timeouts.peer(),
                timeouts.connect(),
                timeouts.handshake());
    }

    private Optional<SpliceOptions> spliceOptions() {
        SpliceOptions.Builder builder = SpliceOptions.builder();
        try {
            pipeCapacity().ifPresent(builder::pipeCapacity);
            return mode.policy().map(policy -> builder.policy(policy).build());
        } catch (IllegalArgumentException e) {
            throw invalid("--pipe-capacity", e.getMessage());
        }
    }

    private void requireEpoll() throws IOException {
        if (!Epoll.isAvailable()) {
            throw new IOException("needs Linux and Netty's native epoll transport: " + Epoll.unavailabilityCause());
        }
        if (mode.policy().isEmpty() || mode == Mode.COPY || EpollSplice.isAvailable()) {
            return;
        }
        String message = "cannot splice: " + EpollSplice.unavailabilityCause();
        if (mode == Mode.SPLICE) {
            throw new IOException(message);
        }
        LogOptions.LOGGER.warn("{}; copying instead", message);
    }

    /** Runs as the JVM's shutdown hook, since this is how a signal reaches Java code. */
    private void shutDown(ProxyServer server, Optional<AccessLog> accessLog) {
        LogOptions.LOGGER.info("accepts no more");
        ServiceManager.stopping(server.nextLoop());
        int unfinished = server.stop(timeouts.drain());
        if (unfinished > 0) {
            LogOptions.LOGGER.warn("reset {} connections that did not finish", unfinished);
        }
        accessLog.ifPresent(AccessLog::close);
        LogOptions.end();
        if (metricsOnExit) {
            PrintWriter err = spec.commandLine().getErr();
            err.println(MetricsLine.format(SpliceMetrics.snapshot()));
            err.flush();
        }
        // to end as asked is success; left to itself, the JVM would exit with 128 + the signal's number
        Runtime.getRuntime().halt(CommandLine.ExitCode.OK);
    }

    static void complain(CommandLine command, String message) {
        PrintWriter err = command.getErr();
        err.println(
                command.getCommandName() + ": " + message.lines().findFirst().orElse(message));
        err.flush();
    }
}
