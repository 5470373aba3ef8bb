// SPDX-License-Identifier: Apache-2.0
/**
 * Zero-copy relaying for Netty's epoll transport: bytes go socket, pipe, socket by
 * <a href="https://man7.org/linux/man-pages/man2/splice.2.html">splice(2)</a> and never enter user space, while the
 * pipeline, its handlers and its futures work as they always do.
 *
 * <p>The way of a byte, each step knowing only those before it:
 *
 * <pre>{@code
 * epoll -> SplicingHandle -> SpliceSource fills a Pipe -> PipeByteBuf up the pipeline -> your handlers
 *       -> PipeByteBuf down the pipeline -> SpliceOutput -> PipeRegion drains the Pipe -> PipePool
 * }</pre>
 *
 * <p>The words used throughout:
 * <ul>
 * <li><i>source</i>: the channel whose socket bytes are read from; <i>sink</i>: the channel they are written to. Each
 * channel of a proxied pair is the source of one direction and the sink of the other.</li>
 * <li><i>fill</i>: splice from a socket into a pipe; <i>drain</i>: splice from a pipe into a socket.</li>
 * <li><i>look</i>: to read or change a byte of a buffer, whose bytes are then moved from its pipe into memory.</li>
 * <li><i>take</i>: what a sink does with the pipe of a buffer that nobody has looked at, and that it alone owns.</li>
 * <li><i>in flight</i>: a pipe that has been filled and not yet been drained, looked at or released.</li>
 * <li><i>adopt</i>: register a channel again, on the same thread, in such a way that its readiness events reach us
 * before they reach the channel.</li>
 * <li><i>copy</i>: what Netty does without us, read into memory and write from there.</li>
 * </ul>
 *
 * <p>Start with {@link io.transportsplice.EpollSpliceHandler}.
 */
package io.transportsplice;
