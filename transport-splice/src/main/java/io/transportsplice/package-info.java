/**
 * Zero-copy relaying for Netty's epoll transport: bytes go socket, pipe, socket by
 * <a href="https://man7.org/linux/man-pages/man2/splice.2.html">splice(2)</a> and never enter user space, while the
 * pipeline, its handlers and its futures work as they always do.
 *
 * <p>The words used throughout:
 * <ul>
 * <li><i>source</i>: the channel whose socket bytes are read from; <i>sink</i>: the channel they are written to. Each
 * channel of a proxied pair is the source of one direction and the sink of the other.</li>
 * <li><i>fill</i>: splice from a socket into a pipe; <i>drain</i>: splice from a pipe into a socket.</li>
 * <li><i>region</i>: a filled pipe travelling through pipelines as a message, a
 * {@link io.transportsplice.SpliceRegion}.</li>
 * <li><i>in flight</i>: a region that has been read and not yet been released.</li>
 * <li><i>adopt</i>: register a channel again, on the same thread, in such a way that its readiness events reach us
 * before they reach the channel.</li>
 * <li><i>copy</i>: what Netty does without us, read into a {@code ByteBuf} and write it.</li>
 * </ul>
 *
 * <p>Start with {@link io.transportsplice.EpollSpliceHandler}.
 */
package io.transportsplice;
