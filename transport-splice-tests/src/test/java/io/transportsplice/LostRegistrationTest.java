// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.Channel;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Peer.End;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Epoll knows the channel no more when it is to be read again: with stock Netty that fails the channel. */
@ExtendWith(Baseline.class)
@Timeout(60)
class LostRegistrationTest {
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** Who gives a pipe back is not to blame: where it is a sink, Netty would log what is thrown at it, and go on. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldFailTheSourceThatWaitedForItsSink(boolean otherLoop) throws Exception {
        try (Rig rig = new Rig(Mode.SPLICE).smallBuffers().configure(c -> {
            if (otherLoop) {
                c.differentLoops();
            }
        })) {
            Link link = rig.link(Route.TCP_TCP_UP);
            Future<?> sending = rig.async(() -> link.source().send(link.forward(), 0, 16 * MIB, 64 * KIB));
            rig.relay().awaitRest();
            Channel source = rig.relay().lastPair().front();
            source.eventLoop().submit(() -> lose(source)).sync();
            assertEquals(End.RESET, link.sink().receiveToEnd(link.forward(), 0).end());
            Rig.awaitFailure(sending);
            rig.relay().awaitNoChannels();
        }
    }

    private static Void lose(Channel channel) throws ReflectiveOperationException {
        SplicingHandle handle = SplicingEventLoop.of(channel.eventLoop()).handleOf(channel);
        Field field = SplicingHandle.class.getDeclaredField("registration");
        field.setAccessible(true);
        IoRegistration registration = (IoRegistration) field.get(handle);
        handle.registeredAs(new IoRegistration() {
            @Override
            @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
            public <T> T attachment() {
                return registration.attachment();
            }

            @Override
            public long submit(IoOps ops) {
                throw new UncheckedIOException(new FileNotFoundException("asked for by the test"));
            }

            @Override
            public boolean isValid() {
                return registration.isValid();
            }

            @Override
            public boolean cancel() {
                return registration.cancel();
            }
        });
        return null;
    }
}
