// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Mode;

class WrappedSpliceRelayTest extends RelayContract {
    @Override
    public Mode mode() {
        return Mode.SPLICE;
    }

    @Override
    public boolean wraps() {
        return true;
    }
}
