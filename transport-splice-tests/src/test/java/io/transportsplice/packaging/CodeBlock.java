// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A fenced block of a Markdown file: its language, and the line on which it begins. */
record CodeBlock(Path file, int line, String language, String text) {
    static final Path ROOT = Path.of("..");
    private static final String FENCE = "```";

    /** Those of all that a user reads. */
    static List<CodeBlock> of(String language) throws IOException {
        List<CodeBlock> blocks = new ArrayList<>();
        for (Path file : documents()) {
            blocks.addAll(in(file));
        }
        return blocks.stream().filter(block -> block.language.equals(language)).toList();
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (String directory : new String[] {"", "docs", "examples", "examples/quickstart"}) {
            try (Stream<Path> files = Files.list(ROOT.resolve(directory))) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
            }
        }
        return documents;
    }

    private static List<CodeBlock> in(Path file) throws IOException {
        List<CodeBlock> blocks = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        int begin = -1;
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).startsWith(FENCE)) {
                continue;
            }
            if (begin < 0) {
                begin = i;
            } else {
                String language = lines.get(begin).substring(FENCE.length()).strip();
                blocks.add(new CodeBlock(
                        ROOT.relativize(file), begin + 1, language, String.join("\n", lines.subList(begin + 1, i))));
                begin = -1;
            }
        }
        return blocks;
    }

    @Override
    public String toString() {
        return file + ":" + line;
    }
}
