// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

/** What happened that must never happen. Netty catches and logs what its callbacks throw, so it is remembered here. */
final class ModelViolations {
    private AssertionError first;

    /** Remembers it, if it is the first. To be thrown where the caller cannot go on. */
    AssertionError add(String what) {
        return add(new AssertionError(what));
    }

    AssertionError add(Throwable what) {
        AssertionError error = what instanceof AssertionError known ? known : new AssertionError(what);
        if (first == null) {
            first = error;
        }
        return error;
    }

    void check() {
        if (first != null) {
            throw new AssertionError(
                    first.getMessage(), first); // a new one: what was thrown cannot be suppressed by itself
        }
    }
}
