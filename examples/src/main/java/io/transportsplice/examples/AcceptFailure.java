// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.channel.unix.Errors.NativeIoException;
import jnr.constants.platform.Errno;

/** Why a client could not be accepted. */
enum AcceptFailure {
    /** No file descriptor is left, to the process or to the machine: EMFILE and ENFILE of accept(2). */
    NO_DESCRIPTOR,
    OTHER;

    static AcceptFailure of(Throwable cause) {
        return isNoDescriptor(cause) ? NO_DESCRIPTOR : OTHER;
    }

    /** Whether it comes of a system call that found no descriptor left. */
    static boolean isNoDescriptor(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof NativeIoException io) {
                int errno = -io.expectedErr();
                return errno == Errno.EMFILE.intValue() || errno == Errno.ENFILE.intValue();
            }
        }
        return false;
    }
}
