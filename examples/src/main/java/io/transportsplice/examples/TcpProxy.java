package io.transportsplice.examples;

import io.netty.channel.epoll.Epoll;
import io.transportsplice.EpollSplice;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.SpliceOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command line of the proxy: a TCP (or unix-domain) relay whose bytes need not enter user space. */
@Command(
        name = "tcp-proxy",
        sortOptions = false,
        description = "Relays connections to another address, splicing the bytes where that pays.",
        footer = {
            "",
            "HOST:PORT may also be [IPV6]:PORT or unix:/path.",
            "SIGTERM and SIGINT: accepts no more, lets connections finish, exits with 0.",
            "Exit codes: 2 for wrong options, 1 if it cannot start."
        })
public final class TcpProxy implements Callable<Integer> {
    private static final int MAX_THREADS = 1_024;

    @Spec
    private CommandSpec spec;

    @Option(names = "--listen", paramLabel = "HOST:PORT", required = true, description = "Port 0 picks a free one.")
    private Endpoint listen;

    @Option(names = "--to", paramLabel = "HOST:PORT", required = true, description = "Resolved once, at the start.")
    private Endpoint to;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "Event loops (${DEFAULT-VALUE}).")
    private int threads;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            defaultValue = "auto",
            description = {
                "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).",
                "auto splices what streams, splice everything, copy nothing; plain is Netty without this library's"
                        + " handler, stock Netty's deprecated spliceTo."
            })
    private Mode mode;

    @Option(
            names = "--pipe-capacity",
            paramLabel = "SIZE",
            converter = PipeCapacity.class,
            description = "Such as 256k or 1m (the library's default).")
    private Integer pipeCapacity;

    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            defaultValue = "5m",
            description =
                    "Resets connections that carry nothing for so long; 0 never (${DEFAULT-VALUE}). Not in stock.")
    private Duration idleTimeout;

    @Option(
            names = "--half-closed-timeout",
            paramLabel = "TIME",
            defaultValue = "0",
            description = "The same once one side has ended; 0 as --idle-timeout (${DEFAULT-VALUE}). Not in stock.")
    private Duration halfClosedTimeout;

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "Time for the upstream to accept; the client is reset after it (${DEFAULT-VALUE}).")
    private Duration connectTimeout;

    @Option(
            names = "--drain-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "Time for connections to finish at SIGTERM; the rest is reset (${DEFAULT-VALUE}).")
    private Duration drainTimeout;

    @Option(names = "--metrics-on-exit", description = "Prints the library's counters to stderr, as one line.")
    private boolean metricsOnExit;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Prints this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    private TcpProxy() {}

    /** Runs the proxy until a signal ends it. */
    public static void main(String... args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new TcpProxy())
                .registerConverter(Endpoint.class, forUser(Endpoint::parse))
                .registerConverter(Mode.class, forUser(Mode::parse))
                .registerConverter(Duration.class, forUser(Units::duration))
                .setParameterExceptionHandler((e, args) -> {
                    complain(e.getCommandLine().getErr(), e.getMessage() + " (see --help)");
                    return CommandLine.ExitCode.USAGE;
                });
    }

    /** Lets the messages of our parsers through as they are. */
    private static <T> ITypeConverter<T> forUser(ITypeConverter<T> parser) {
        return text -> {
            try {
                return parser.convert(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
    }

    @Override
    public Integer call() {
        ProxyConfig config = config();
        PrintWriter err = spec.commandLine().getErr();
        ProxyServer server;
        try {
            requireEpoll(err);
            server = ProxyServer.start(config, err);
        } catch (IOException e) {
            complain(err, e.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> shutDown(server, err), "shutdown"));
        PrintWriter out = spec.commandLine().getOut();
        out.println("listening on " + server.localEndpoint());
        out.flush();
        server.awaitClose();
        return CommandLine.ExitCode.OK;
    }

    private ProxyConfig config() {
        if (!to.isConnectable()) {
            throw new ParameterException(
                    spec.commandLine(), "Invalid value for option '--to': port 0 is only to listen");
        }
        if (threads < 1 || threads > MAX_THREADS) {
            String message = "Invalid value for option '--threads': " + threads + " is not in 1.." + MAX_THREADS;
            throw new ParameterException(spec.commandLine(), message);
        }
        return new ProxyConfig(
                listen, to, threads, mode, spliceOptions(), idleTimeout, halfClosedTimeout, connectTimeout);
    }

    private Optional<SpliceOptions> spliceOptions() {
        SpliceOptions.Builder builder = SpliceOptions.builder();
        try {
            if (pipeCapacity != null) {
                builder.pipeCapacity(pipeCapacity);
            }
            return mode.policy().map(policy -> builder.policy(policy).build());
        } catch (IllegalArgumentException e) {
            String message = "Invalid value for option '--pipe-capacity': " + e.getMessage();
            throw new ParameterException(spec.commandLine(), message, e);
        }
    }

    private void requireEpoll(PrintWriter err) throws IOException {
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
        complain(err, message + "; copying instead");
    }

    /** Runs as the JVM's shutdown hook, since this is how a signal reaches Java code. */
    private void shutDown(ProxyServer server, PrintWriter err) {
        server.stop(drainTimeout);
        if (metricsOnExit) {
            err.println(MetricsLine.format(SpliceMetrics.snapshot()));
        }
        err.flush();
        // to end as asked is success; left to itself, the JVM would exit with 128 + the signal's number
        Runtime.getRuntime().halt(CommandLine.ExitCode.OK);
    }

    private static void complain(PrintWriter err, String message) {
        err.println("tcp-proxy: " + message.lines().findFirst().orElse(message));
        err.flush();
    }

    private static final class PipeCapacity implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            try {
                return Math.toIntExact(Units.bytes(text));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            } catch (ArithmeticException e) {
                throw new TypeConversionException("'" + text + "' is too large");
            }
        }
    }
}
