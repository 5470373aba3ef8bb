// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * Why bytes were copied. A silent fallback is how others copied for months without knowing it (realm #157), so each has a
 * name and a counter, {@link SpliceMetrics#fallbacks}, and a mistake of the user's is logged, once, at WARN.
 */
@NullMarked
public enum SpliceFallback {
    /** The natives or the system do not allow it: {@link EpollSplice#unavailabilityCause()} says why. */
    UNAVAILABLE("see EpollSplice.unavailabilityCause()"),
    /** {@link SpliceOptions.Policy#NEVER} is set. */
    POLICY_NEVER,
    /** The channel is not an epoll stream channel on an epoll event loop, or the handler runs on another executor. */
    NOT_EPOLL("use EpollSocketChannel on event loops of EpollIoHandler, and give the handler no executor of its own"),
    /** The handler is not the first of its pipeline, and what stands before it must see the bytes; or it was added twice. */
    NOT_FIRST("put the EpollSpliceHandler first into the pipeline"),
    /** The unix-domain socket is read for descriptors, {@code DomainSocketReadMode.FILE_DESCRIPTORS}. */
    READS_DESCRIPTORS,
    /** No pipe could be had: out of descriptors, out of memory, or past {@code fs.pipe-user-pages-soft}. */
    NO_PIPE,
    /** The kernel does not splice from this socket (EINVAL and the like). */
    FILL_UNSUPPORTED,
    /** The kernel had no memory to splice from this socket. */
    FILL_OUT_OF_MEMORY,
    /** The socket is readable, but nothing can be spliced from it: urgent data ({@code MSG_OOB}) comes next. */
    FILL_STUCK,
    /** The socket is readable, but splice(2) sees nothing in it: it is in a BPF sockmap, which bytes reach past TCP. */
    FILL_HIDDEN,
    /** {@link SpliceOptions.Policy#AUTO} found that the source no longer streams. */
    CHATTER,
    /** The socket is in error, or bytes were lost for lack of memory: the error is reported, by Netty or by us. */
    SOCKET_ERROR,
    /** The handler was removed in mid-stream. */
    HANDLER_REMOVED,
    /** The kernel does not splice into this sink, or had no memory for it: the bytes were copied out. */
    DRAIN_UNSUPPORTED,
    /** Somebody looked at bytes in a pipe: a decoder, TLS, or a channel that has no splice handler. */
    LOOKED_AT,
    /** Somebody released bytes in a pipe without having looked. */
    DISCARDED,
    /** Somebody holds many buffers of this source, and wants more. */
    HELD;

    private final @Nullable String remedy;

    SpliceFallback() {
        this(null);
    }

    /** @param remedy what the user can do about a mistake */
    SpliceFallback(@Nullable String remedy) {
        this.remedy = remedy;
    }

    /** {@code null} if there was no mistake. */
    @Nullable
    String remedy() {
        return remedy;
    }
}
