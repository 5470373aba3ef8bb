// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * What a transfer has read too much: messages, and events that must not overtake them.
 *
 * <p>Confined to the event loop of its channel.
 */
final class HeldMessages {

    /** A message or an event, and from where it is to go on. */
    record Held(Object what, ChannelHandlerContext from) {
        boolean isEnd() {
            return HeldMessages.isEnd(what);
        }

        private int bytes() {
            return what instanceof ByteBuf buffer ? buffer.readableBytes() : 0;
        }
    }

    private final Deque<Held> queue = new ArrayDeque<>(0);
    /** Of the message that is going on, parts that are held again. */
    private final Deque<Held> parts = new ArrayDeque<>(0);

    static boolean isEnd(Object event) {
        return event == ChannelInputShutdownEvent.INSTANCE
                || event == ChannelInputShutdownReadComplete.INSTANCE
                || event instanceof SslCloseCompletionEvent;
    }

    /** A part is of the message that is going on. */
    void add(Object what, ChannelHandlerContext from, boolean isPart) {
        (isPart ? parts : queue).add(new Held(what, from));
    }

    /** It has gone on: its parts come before what is behind it. */
    void putBackParts() {
        while (!parts.isEmpty()) {
            queue.addFirst(parts.removeLast());
        }
    }

    boolean hasMessages() {
        return queue.stream().anyMatch(next -> !next.isEnd());
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    boolean isEndNext() {
        return !queue.isEmpty() && queue.peek().isEnd();
    }

    Held poll() {
        return queue.poll();
    }

    long bytes() {
        return queue.stream().mapToLong(Held::bytes).sum();
    }

    /** Up to so many of those, which are the caller's; or {@code null}. Not what another's limit brought. */
    ByteBuf take(long most) {
        for (Iterator<Held> all = queue.iterator(); all.hasNext(); ) {
            if (all.next().what() instanceof ByteBuf buffer) {
                if (buffer.readableBytes() > most) {
                    return buffer.readRetainedSlice((int) most);
                }
                all.remove();
                return buffer;
            }
        }
        return null;
    }

    /** Whether something was read in front of that splice handler, as what is to be decoded is in front of TLS. */
    boolean isOfBefore(ChannelHandlerContext splice) {
        return queue.stream().anyMatch(next -> !next.from().isRemoved() && Place.isBehind(next.from(), splice));
    }
}
