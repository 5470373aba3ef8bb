// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.util.List;

/** Both on the loopback, where a segment is as large as the sender makes it. */
final class Loopback implements Place {

    @Override
    public String relayHost() {
        return "127.0.0.1";
    }

    @Override
    public String loadHost() {
        return "127.0.0.1";
    }

    @Override
    public List<String> relaySide() {
        return List.of();
    }

    @Override
    public List<String> loadSide() {
        return List.of();
    }

    @Override
    public void close() {}
}
