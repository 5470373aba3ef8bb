// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import java.nio.ByteBuffer;

/** A kernel that has pipes and sockets alone. */
abstract class FilelessKernel implements Kernel {
    @Override
    public long splice(int in, int file, long offset, long length, int flags) {
        throw new UnsupportedOperationException("there are no files");
    }

    @Override
    public long pwrite(int fd, ByteBuffer from, long length, long offset) {
        throw new UnsupportedOperationException("there are no files");
    }
}
