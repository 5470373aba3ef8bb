// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where the native programs are built, on the spot and from the sources among the resources. */
final class Workshop {

    private final Path directory;

    Workshop(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    Path directory() {
        return directory;
    }

    /** Compiles a C program of one source, which may include headers. */
    Path buildC(String name, String... headers) throws IOException, InterruptedException {
        for (String header : headers) {
            extract(header);
        }
        Path compiler = Machine.find("cc").orElseThrow(() -> new IllegalArgumentException("needs a C compiler (cc)"));
        return build(name, List.of(compiler.toString(), "-O2", "-o", name, extract(name + ".c")));
    }

    /** Empty if there is no Go. */
    Optional<Path> buildGo(String name) throws IOException, InterruptedException {
        Optional<Path> go = Machine.find("go");
        if (go.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                build("go-" + name, List.of(go.get().toString(), "build", "-o", "go-" + name, extract(name + ".go"))));
    }

    private Path build(String output, List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().put("GOFLAGS", "-mod=mod");
        builder.environment().put("GO111MODULE", "off"); // one file without a module, nothing to be fetched
        builder.redirectErrorStream(true);
        Process process = Children.start(builder);
        List<String> complaints = process.inputReader().lines().toList();
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed:\n" + String.join("\n", complaints));
        }
        return directory.resolve(output);
    }

    /** Writes a configuration from a template: {@code @NAME@} stands for a value. */
    Path configure(String template, String file, Map<String, Object> values) throws IOException {
        String text = Files.readString(directory.resolve(extract(template)));
        for (Map.Entry<String, Object> value : values.entrySet()) {
            text = text.replace("@" + value.getKey() + "@", value.getValue().toString());
        }
        return Files.writeString(directory.resolve(file), text);
    }

    private String extract(String resource) throws IOException {
        try (InputStream in = Workshop.class.getResourceAsStream("/bench/" + resource)) {
            if (in == null) {
                throw new IOException("no resource bench/" + resource);
            }
            Files.copy(in, directory.resolve(resource), StandardCopyOption.REPLACE_EXISTING);
        }
        return resource;
    }
}
