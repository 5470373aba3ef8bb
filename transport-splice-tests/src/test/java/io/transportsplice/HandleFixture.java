// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.epoll.EpollIoOps;
import org.junit.jupiter.api.AfterEach;

/** A {@link SplicingHandle} that is registered with nothing but a {@link HandleScript}. */
abstract class HandleFixture {
    static final int IN = 0x1;
    static final int OUT = 0x4;
    static final int ERR = 0x8;
    static final int HUP = 0x10;
    static final int RDHUP = 0x2000;
    static final int ET = 1 << 31;

    final HandleScript script = new HandleScript();
    final SplicingHandle handle = script.registeredHandle();

    @AfterEach
    void end() {
        script.owner().finishAndReleaseAll();
    }

    void happen(int bits) {
        script.happen(handle, bits);
    }

    long ask(int bits) {
        return handle.submit(EpollIoOps.valueOf(bits));
    }

    void splice() {
        handle.startSplicing(script.reader());
    }
}
