package io.transportsplice;

/**
 * Why bytes were copied, or a region was not spliced out. A silent fallback is how others copied for months without
 * knowing it (realm #157), so each has a name and a counter: {@link SpliceMetrics#fallbacks}.
 */
public enum SpliceFallback {
    /** The natives or the system do not allow it: {@link EpollSplice#unavailabilityCause()} says why. */
    UNAVAILABLE,
    /** {@link SpliceOptions.Policy#NEVER} is set. */
    POLICY_NEVER,
    /** The channel is not an epoll stream channel on an epoll event loop, or the handler runs on another executor. */
    NOT_EPOLL,
    /** The handler is not the first of its pipeline: what stands before it would not see the bytes. */
    NOT_FIRST,
    /** A decoder in the pipeline, TLS for instance, must see the bytes. */
    DECODER,
    /** No pipe could be had: out of descriptors, out of memory, or past {@code fs.pipe-user-pages-soft}. */
    NO_PIPE,
    /** The kernel does not splice from this socket (EINVAL and the like). */
    FILL_UNSUPPORTED,
    /** The kernel had no memory to splice from this socket. */
    FILL_OUT_OF_MEMORY,
    /** The socket is readable, but nothing can be spliced from it: urgent data ({@code MSG_OOB}) comes next. */
    FILL_STUCK,
    /** {@link SpliceOptions.Policy#AUTO} found that the source no longer streams. */
    CHATTER,
    /** The socket is in error: Netty reads what is left of it and reports the error. */
    SOCKET_ERROR,
    /** The handler was removed in mid-stream. */
    HANDLER_REMOVED,
    /** The kernel does not splice into this sink, or had no memory for it: the region was copied out. */
    DRAIN_UNSUPPORTED,
    /** The region was written to a channel that has no use for pipes: another transport, TLS, no splice handler. */
    SINK_NOT_SPLICED
}
