// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Mode;

/** In the nightly build only, for its time: wrapped or not is tried by the others, and copying by {@link CopyRelayTest}. */
class WrappedCopyRelayTest extends RelayContract {
    @Override
    public Mode mode() {
        return Mode.COPY;
    }

    @Override
    public boolean wraps() {
        return true;
    }
}
