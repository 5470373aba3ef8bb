// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** All the proxies in one program: {@code java -jar proxies.jar sni-router --listen ...}. */
@Command(
        name = "proxies",
        description = "Proxies that splice the bytes where that pays.",
        synopsisSubcommandLabel = "PROXY",
        footer = "%nPROXY --help explains each.",
        subcommands = {
            TcpProxy.class,
            SniRouter.class,
            Socks5Proxy.class,
            HttpConnectProxy.class,
            HttpReverseProxy.class
        })
public final class Proxies implements Runnable {
    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Prints this.")
    @SuppressWarnings("UnusedVariable") // picocli looks at it
    private boolean help;

    private Proxies() {}

    /** Runs a proxy until a signal ends it. */
    public static void main(String... args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return Conversions.register(new CommandLine(new Proxies()));
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Which proxy? One of " + String.join(", ", spec.subcommands().keySet()));
    }
}
