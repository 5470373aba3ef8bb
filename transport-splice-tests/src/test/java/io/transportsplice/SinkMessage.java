// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Consumer;

/** What a handler may make of a buffer before it writes it. The buffer is its own, and becomes the channel's. */
enum SinkMessage {
    WHOLE,
    READ_ONLY {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.asReadOnly());
        }
    },
    DUPLICATE {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.duplicate());
        }
    },
    COMPOSITE {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            ByteBuf composite = BufferTricks.betweenOthers(buffer);
            buffer.release();
            return List.of(composite);
        }
    },
    LOOKED_AT {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            buffer.setByte(0, 42);
            return List.of(buffer);
        }
    },
    GROWN {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.writeInt(42));
        }
    },
    PARTLY_READ {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.skipBytes(buffer.readableBytes() / 3));
        }
    },
    WHOLLY_READ {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.skipBytes(buffer.readableBytes()));
        }
    },
    FRONT {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.readSlice(buffer.readableBytes() / 2));
        }
    },
    HALVES {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.readRetainedSlice(buffer.readableBytes() / 2), buffer);
        }
    },
    TWICE {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            return List.of(buffer.retainedDuplicate(), buffer);
        }
    },
    /** Somebody keeps a duplicate for the time being. */
    SHARED {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            shared.accept(buffer.retainedDuplicate());
            return List.of(buffer);
        }
    },
    /** Somebody keeps the very object. */
    RETAINED {
        @Override
        List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
            shared.accept(buffer.retain());
            return List.of(buffer);
        }
    };

    /** @param shared gets what is kept */
    List<ByteBuf> of(ByteBuf buffer, Consumer<ByteBuf> shared) {
        return List.of(buffer);
    }

    /** What somebody who kept one does with it. */
    enum Keeper {
        LOOKS {
            @Override
            void act(ByteBuf kept) {
                kept.getByte(0);
            }
        },
        CHANGES_IT {
            @Override
            void act(ByteBuf kept) {
                kept.setByte(0, 43);
            }
        },
        READS_ON {
            @Override
            void act(ByteBuf kept) {
                kept.skipBytes(kept.readableBytes() / 2);
            }
        };

        abstract void act(ByteBuf kept);
    }
}
