// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Mode;

class SpliceRelayTest extends RelayContract {
    @Override
    public Mode mode() {
        return Mode.SPLICE;
    }
}
