// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Mode;

class WrappedAutoRelayTest extends RelayContract {
    @Override
    public Mode mode() {
        return Mode.AUTO;
    }

    @Override
    public boolean wraps() {
        return true;
    }
}
