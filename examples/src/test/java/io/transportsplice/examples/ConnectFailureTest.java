// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.ChannelException;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Errors.NativeIoException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.stream.Stream;
import jnr.constants.platform.Errno;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConnectFailureTest {
    static Stream<Arguments> causes() {
        Epoll.ensureAvailability(); // else there are no native exceptions
        return Stream.of(
                Arguments.of(new ConnectException("Connection refused"), ConnectFailure.REFUSED),
                Arguments.of(new ConnectTimeoutException(), ConnectFailure.TIMEOUT),
                Arguments.of(new UnknownHostException("nowhere"), ConnectFailure.UNRESOLVED),
                Arguments.of(new NoRouteToHostException(), ConnectFailure.UNREACHABLE),
                Arguments.of(new ClosedChannelException(), ConnectFailure.ABANDONED),
                Arguments.of(
                        new ChannelException(new NativeIoException("socket", -Errno.EMFILE.intValue())),
                        ConnectFailure.NO_DESCRIPTOR),
                Arguments.of(new NativeIoException("connect", -Errno.EPERM.intValue()), ConnectFailure.OTHER),
                Arguments.of(new IOException("Too many open files"), ConnectFailure.OTHER));
    }

    @ParameterizedTest
    @MethodSource("causes")
    void shouldTellTheReason(Throwable cause, ConnectFailure reason) {
        assertEquals(reason, ConnectFailure.of(cause));
    }
}
