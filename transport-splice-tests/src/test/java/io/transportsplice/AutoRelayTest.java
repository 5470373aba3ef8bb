package io.transportsplice;

import io.transportsplice.testing.Mode;

class AutoRelayTest extends RelayContract {
    @Override
    public Mode mode() {
        return Mode.AUTO;
    }
}
