// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.handler.ipfilter.IpFilterRule;
import java.time.Duration;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How the command lines read values, and complain of them: one line, and exit code 2. */
final class Conversions {
    private Conversions() {}

    /** Readies a command, and the subcommands that it has. */
    static CommandLine register(CommandLine command) {
        command.getCommandSpec().preprocessor(new OptionFiles());
        command.getSubcommands().values().forEach(each -> each.getCommandSpec().preprocessor(new OptionFiles()));
        return command.setExpandAtFiles(false)
                .registerConverter(Endpoint.class, forUser(Endpoint::parse))
                .registerConverter(Target.class, forUser(Target::parse))
                .registerConverter(Mode.class, forUser(name -> named(Mode.values(), name)))
                .registerConverter(
                        ProxyHeader.Version.class, forUser(name -> named(ProxyHeader.Version.values(), name)))
                .registerConverter(AccessLog.Format.class, forUser(name -> named(AccessLog.Format.values(), name)))
                .registerConverter(Duration.class, forUser(Units::duration))
                .registerConverter(IpFilterRule.class, forUser(Networks::rule))
                .setParameterExceptionHandler((e, args) -> {
                    ProxyCommand.complain(e.getCommandLine(), e.getMessage() + " (see --help)");
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

    /** The one of these names, in any case. Picocli would list each value twice: as it is called in Java, too. */
    private static <T> T named(T[] values, String text) {
        for (T value : values) {
            if (value.toString().equalsIgnoreCase(text)) {
                return value;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not one of " + Arrays.toString(values));
    }

    /** Where to listen, which has to be known at once. */
    static final class Local implements ITypeConverter<Endpoint> {
        @Override
        public Endpoint convert(String text) throws Exception {
            return forUser(Endpoint::parseLocal).convert(text);
        }
    }

    /** In bytes. */
    static final class Size implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) throws Exception {
            return forUser(Units::bytes).convert(text);
        }
    }

    static final class PipeCapacity implements ITypeConverter<Integer> {
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
