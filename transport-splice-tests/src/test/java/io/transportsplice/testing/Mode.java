// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import io.transportsplice.SpliceOptions;

/** The ways to relay that are tested, and compared. */
public enum Mode {
    /** Ours, splicing what streams. */
    AUTO(SpliceOptions.Policy.AUTO),
    /** Ours, splicing everything. */
    SPLICE(SpliceOptions.Policy.ALWAYS),
    /** Ours, never splicing. */
    COPY(SpliceOptions.Policy.NEVER),
    /** The same relay handler on stock Netty. */
    PLAIN(null),
    /** Netty's own deprecated {@code spliceTo}. */
    STOCK(null);

    private final SpliceOptions.Policy policy;

    Mode(SpliceOptions.Policy policy) {
        this.policy = policy;
    }

    public boolean usesSpliceHandler() {
        return policy != null;
    }

    public SpliceOptions options() {
        return SpliceOptions.builder().policy(policy).build();
    }
}
