// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.transportsplice.SpliceOptions;
import java.util.Locale;
import java.util.Optional;

/** How the proxy moves bytes. */
enum Mode {
    /** Splices what streams, copies what chats. */
    AUTO(SpliceOptions.Policy.AUTO),
    /** Splices everything that can be spliced. */
    SPLICE(SpliceOptions.Policy.ALWAYS),
    /** Has the splice handler in place, but never splices. */
    COPY(SpliceOptions.Policy.NEVER),
    /** The same relay on stock Netty, without the splice handler: the honest rival. */
    PLAIN(null),
    /** Netty's own, deprecated {@code spliceTo}: see {@link StockRelay}. */
    STOCK(null);

    private final SpliceOptions.Policy policy;

    Mode(SpliceOptions.Policy policy) {
        this.policy = policy;
    }

    /** The policy of the splice handler; empty if this mode has no splice handler. */
    Optional<SpliceOptions.Policy> policy() {
        return Optional.ofNullable(policy);
    }

    /** The name as it is written on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
