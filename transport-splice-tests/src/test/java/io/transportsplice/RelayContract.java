// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Carriage;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every relay of ours must do, whichever way the bytes go. A subclass runs all of it in one mode; most cases run
 * with the ends swapped, too, and over tcp and unix-domain sockets.
 */
@ExtendWith(Baseline.class)
@Timeout(120)
abstract class RelayContract
        implements BulkContract,
                SmallMessageContract,
                EndOfStreamContract,
                EarlyEndContract,
                ResetContract,
                BackPressureContract,
                IdleContract,
                StaleEventContract,
                UrgentDataContract,
                UserRelayContract,
                HandlerLifecycleContract {
    private Rig rig;
    private Carriage carriage;

    @BeforeEach
    void openRig() {
        carriage = new Carriage();
        rig = new Rig(mode()).configure(c -> c.wrapped(wraps()));
    }

    @AfterEach
    void closeRig() throws IOException {
        rig.close();
    }

    @Override
    public Rig rig() {
        return rig;
    }

    @Override
    public Carriage carriage() {
        return carriage;
    }
}
