// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/** How many clients of each address there are. Any thread. */
final class ClientsOfAddresses {
    private final Map<InetAddress, Integer> counts = new HashMap<>();

    /**
     * Counts one more, unless there are too many.
     *
     * @param most zero for any number
     * @return whether it was counted, and is to {@link #leave}
     */
    synchronized boolean enter(InetAddress address, int most) {
        int count = counts.getOrDefault(address, 0);
        if (most > 0 && count >= most) {
            return false;
        }
        counts.put(address, count + 1);
        return true;
    }

    synchronized void leave(InetAddress address) {
        counts.computeIfPresent(address, (same, count) -> count == 1 ? null : count - 1);
    }
}
