// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * A user event: what the channel reads is spliced from here on, or is copied. Fired in pipelines with an
 * {@link EpollSpliceHandler} whose options {@linkplain SpliceOptions.Builder#stateEvents ask for it}, on the channel's event
 * loop, when that changes and only then: once before the first spliced message, and once behind the last. A channel that only
 * asks how much waits in its socket is not splicing. One that is closed, or leaves its event loop, has nothing told of it.
 *
 * @param splicing whether it is spliced
 * @param reason why it is copied, against the user's wish or because that is cheaper; {@code null} if it is spliced, or if
 *     the input, or a {@link EpollSpliceHandler#limit limit}, has ended
 */
@NullMarked
public record SpliceStateEvent(boolean splicing, @Nullable SpliceFallback reason) {}
