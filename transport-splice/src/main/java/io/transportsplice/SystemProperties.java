// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.util.internal.SystemPropertyUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.util.Arrays;
import java.util.Locale;

/** System properties, held to the same ranges as what is set by code. A mistake is told, and the default taken. */
final class SystemProperties {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(SystemProperties.class);

    private SystemProperties() {}

    static int integer(String name, int absent, int least, int most) {
        String value = SystemPropertyUtil.get(name);
        if (value == null) {
            return absent;
        }
        try {
            int number = Integer.parseInt(value.trim());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below, like a number out of range
        }
        logger.warn("-D{}={}: not a number from {} to {}; taking {}", name, value, least, most, absent);
        return absent;
    }

    /** Upper and lower case are the same. */
    static <E extends Enum<E>> E constant(String name, E absent, Class<E> type) {
        String value = SystemPropertyUtil.get(name);
        if (value == null) {
            return absent;
        }
        try {
            return Enum.valueOf(type, value.trim().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            logger.warn(
                    "-D{}={}: not one of {}; taking {}", name, value, Arrays.toString(type.getEnumConstants()), absent);
            return absent;
        }
    }
}
