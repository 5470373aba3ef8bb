// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Stands at the user's side of a channel, and keeps account of what is written to it, in which order. */
final class ModelOutlet extends ChannelOutboundHandlerAdapter {
    /** What was written, through a cipher or not, and what became of that. */
    private record Written(int lane, long from, int length, byte key, ChannelFuture future) {}

    private final List<Written> written = new ArrayList<>();

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ModelPart part) {
            byte key = ModelCipher.isIn(ctx.pipeline()) ? ModelCipher.KEY : 0;
            written.add(new Written(part.lane(), part.from(), part.length(), key, promise));
            ctx.write(part.content(), promise);
        } else {
            ctx.write(message, promise);
        }
    }

    boolean areAllDone() {
        return written.stream().allMatch(w -> w.future().isDone());
    }

    boolean hasFailures() {
        return !causes().isEmpty();
    }

    /** Why writes failed. To cancel one is not to fail. */
    List<Throwable> causes() {
        return written.stream()
                .filter(w -> !w.future().isCancelled())
                .map(w -> w.future().cause())
                .filter(Objects::nonNull)
                .toList();
    }

    /** All that was written and may arrive. */
    byte[] whole() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Written w : written) {
            if (!w.future().isCancelled()) {
                byte[] part = ModelSocket.pattern(w.lane(), w.from(), w.length());
                ModelCipher.apply(w.key(), part);
                bytes.writeBytes(part);
            }
        }
        return bytes.toByteArray();
    }

    /** How many bytes of it are written for sure: those up to the last write that succeeded. */
    int surelyWritten() {
        int last = written.size() - 1;
        while (last >= 0 && !written.get(last).future().isSuccess()) {
            last--;
        }
        return written.stream()
                .limit(last + 1)
                .filter(w -> !w.future().isCancelled())
                .mapToInt(Written::length)
                .sum();
    }
}
