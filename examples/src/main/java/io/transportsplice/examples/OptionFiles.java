// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Puts the words of a file in the place of {@code @FILE}. Picocli would do so, too, but takes a file that cannot be read for
 * an argument, a byte order mark for a word, and any # for the beginning of a comment, also within a path.
 */
final class OptionFiles implements IParameterPreprocessor {
    private static final int MAX_DEPTH = 8;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    @Override
    public boolean preprocess(Stack<String> args, CommandSpec command, ArgSpec arg, Map<String, Object> info) {
        List<String> expanded = new ArrayList<>();
        // what belongs to a subcommand is its own to read, and to complain of
        while (!args.isEmpty() && !command.subcommands().containsKey(args.peek())) {
            expand(args.pop(), command, expanded, 0);
        }
        for (int i = expanded.size() - 1; i >= 0; i--) {
            args.push(expanded.get(i));
        }
        return false; // go on with what is there now
    }

    private static void expand(String word, CommandSpec command, List<String> expanded, int depth) {
        if (!word.startsWith("@")) {
            expanded.add(word);
        } else if (depth == MAX_DEPTH) {
            throw cannotRead(command, word, "files that name files, without an end");
        } else {
            for (String inner : words(word, command)) {
                expand(inner, command, expanded, depth + 1);
            }
        }
    }

    private static List<String> words(String word, CommandSpec command) {
        try {
            String text = Files.readString(Path.of(word.substring(1)));
            return OptionWords.of(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
        } catch (NoSuchFileException e) {
            throw cannotRead(command, word, "there is no such file");
        } catch (AccessDeniedException e) {
            throw cannotRead(command, word, "permission denied");
        } catch (CharacterCodingException e) {
            throw cannotRead(command, word, "it is not UTF-8");
        } catch (IOException | IllegalArgumentException e) {
            throw cannotRead(command, word, e.getMessage());
        }
    }

    private static ParameterException cannotRead(CommandSpec command, String word, String why) {
        return new ParameterException(command.commandLine(), "cannot read " + word + ": " + why);
    }
}
