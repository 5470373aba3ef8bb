// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An upstream as an option names it, and how many of the connections it is to have, beside the weights of others. */
record Target(Endpoint endpoint, int weight) {
    private static final Pattern WEIGHTED = Pattern.compile("(.*),weight=(\\d{1,4})");
    private static final int MAX_WEIGHT = 1_000;

    /**
     * Parses {@code HOST:PORT} or {@code HOST:PORT,weight=N}.
     *
     * @throws IllegalArgumentException with a message for the user if the text is no such thing
     */
    static Target parse(String text) {
        Matcher weighted = WEIGHTED.matcher(text);
        if (!weighted.matches()) {
            return new Target(Endpoint.parse(text), 1);
        }
        int weight = Integer.parseInt(weighted.group(2));
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException("weight " + weight + " is not in 1.." + MAX_WEIGHT);
        }
        return new Target(Endpoint.parse(weighted.group(1)), weight);
    }
}
