// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Whatever stands in a file of options: a proxy is made of it, or it is complained of in one line. */
public final class OptionsFuzz {
    private static final Path FILE = file();

    private OptionsFuzz() {}

    private static Path file() {
        try {
            Path file = Files.createTempFile("options", null);
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        Files.write(FILE, input);
        CommandLine command = TcpProxy.commandLine();
        try {
            command.parseArgs("@" + FILE);
        } catch (ParameterException e) {
            if (e.getMessage().isBlank()) {
                throw new AssertionError("a complaint without words", e);
            }
        }
    }
}
