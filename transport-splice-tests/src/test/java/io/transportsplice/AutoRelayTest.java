// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Mode;

class AutoRelayTest extends RelayContract {
    @Override
    public Mode mode() {
        return Mode.AUTO;
    }
}
