// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import static io.transportsplice.system.ProxyRig.KIB;
import static io.transportsplice.system.ProxyRig.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Joint;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Peer.Received;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sockets upon which somebody has put TLS of the kernel: their bytes are plain to whoever reads or splices them. */
@ExtendWith(Baseline.class)
@Timeout(60)
class KernelTlsIT {
    @TempDir
    private static Path directory;

    private static Path program;

    private Rig rig;
    private Joint tls;

    @BeforeAll
    static void build() throws Exception {
        Tool.requireRoot();
        program = Tool.build("ktls", directory);
    }

    @AfterEach
    void close() throws IOException {
        if (rig != null) {
            tls.close(); // first, as it has pipes of its own
            rig.close();
        }
    }

    private Link link(Mode mode, boolean encryptedSource) throws Exception {
        rig = new Rig(mode);
        tls = new Joint(program);
        Link link = rig.link(Route.TCP_TCP_UP);
        try {
            if (encryptedSource) {
                tls.join(link.source());
            } else {
                tls.joinBack(link.sink());
            }
        } catch (Joint.NotAllowedException e) {
            Tool.skipForLackOf("TLS in the kernel: " + e.getMessage());
        }
        return link;
    }

    private static void carryBothWays(Link link) throws Exception {
        link.carry(0, 2 * MIB, 64 * KIB);
        link.carryBack(0, MIB, 64 * KIB);
        link.carryToEnd(2 * MIB, 3 * MIB, 1000);
        link.finish(MIB);
    }

    @ParameterizedTest
    @EnumSource(names = "STOCK", mode = EnumSource.Mode.EXCLUDE)
    void shouldCarryWhatTheKernelDecrypts(Mode mode) throws Exception {
        carryBothWays(link(mode, true));
    }

    @ParameterizedTest
    @EnumSource(names = "STOCK", mode = EnumSource.Mode.EXCLUDE)
    void shouldCarryWhatTheKernelEncrypts(Mode mode) throws Exception {
        carryBothWays(link(mode, false));
    }

    /** splice(2) refuses it, and Netty's read, which has no place for its type, fails: a cut, which must look like one. */
    @ParameterizedTest
    @EnumSource(names = "STOCK", mode = EnumSource.Mode.EXCLUDE)
    void shouldCutTheStreamAtARecordThatIsNoData(Mode mode) throws Exception {
        Link link = link(mode, true);
        link.carry(0, MIB, 64 * KIB);
        tls.tell();
        Received received = link.sink().receiveToEnd(link.forward(), MIB);
        assertEquals(new Received(MIB, End.RESET), received);
    }
}
