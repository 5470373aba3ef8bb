// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** The options of a proxy, read once more as they were given at its start: files that they name may have changed. */
record Reload(ParseResult before, ParseResult after) {
    /** The one option of all proxies that is taken over; the others take a restart. */
    private static final String LIMIT = "--max-connections";

    /** @throws CommandLine.ParameterException if they are wrong now */
    static Reload of(CommandSpec running) {
        CommandSpec root = running.root();
        ParseResult before = root.commandLine().getParseResult();
        CommandLine again =
                Conversions.register(new CommandLine(root.userObject().getClass()));
        return new Reload(
                last(before), last(again.parseArgs(before.originalArgs().toArray(new String[0]))));
    }

    private static ParseResult last(ParseResult parsed) {
        return parsed.hasSubcommand() ? last(parsed.subcommand()) : parsed;
    }

    ProxyCommand command() {
        return (ProxyCommand) after.commandSpec().userObject();
    }

    /** Options that have changed, and will not be heeded before a restart. */
    List<String> unheeded() {
        List<String> names = new ArrayList<>();
        for (Class<?> options : List.of(ProxyCommand.class, TimeoutOptions.class, LogOptions.class)) {
            for (Field field : options.getDeclaredFields()) {
                Option option = field.getAnnotation(Option.class);
                if (option != null && !option.names()[0].equals(LIMIT) && isChanged(option.names()[0])) {
                    names.add(option.names()[0]);
                }
            }
        }
        return names;
    }

    private boolean isChanged(String name) {
        return !values(before, name).equals(values(after, name));
    }

    private static List<String> values(ParseResult parsed, String name) {
        OptionSpec option = parsed.matchedOption(name);
        return option == null ? List.of() : option.originalStringValues();
    }
}
