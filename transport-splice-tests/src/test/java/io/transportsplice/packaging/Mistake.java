// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.SpliceOptions;
import io.transportsplice.testing.Link;
import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import io.transportsplice.testing.Route;
import io.transportsplice.testing.Side;
import io.transportsplice.testing.TestRelayConfig;
import java.util.concurrent.atomic.AtomicInteger;

/** What a user may get wrong. Run as a program, it relays all the same, and says what was counted. */
public enum Mistake {
    NONE {
        @Override
        void commit(Rig rig) {}
    },
    /** No mistake either: a buffer with three owners when it is sent is copied. */
    NONE_BUT_THREE_OWNERS {
        @Override
        void commit(Rig rig) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addLast(new OtherOwners())));
        }
    },
    /** Nor this one: who looks does so while a channel sends, but is not that channel. */
    NONE_BUT_LOOKS_WHILE_SENDING {
        @Override
        void commit(Rig rig) {
            rig.configure(
                    c -> c.options(ALWAYS).pipeline((side, pipeline) -> pipeline.addLast(new LookingInBetween())));
        }
    },
    NOT_FIRST {
        @Override
        void commit(Rig rig) {
            rig.configure(c -> c.pipeline((side, pipeline) -> pipeline.addFirst(new ChannelInboundHandlerAdapter())));
        }
    },
    ON_ONE_SIDE_ONLY {
        @Override
        void commit(Rig rig) {
            rig.configure(c -> c.withoutSpliceHandler().pipeline((side, pipeline) -> {
                if (side == Side.FRONT) {
                    pipeline.addFirst(new EpollSpliceHandler(c.options()));
                }
            }));
        }
    },
    /** Most looks were rightful until then. */
    ON_ONE_SIDE_ONLY_LATE {
        @Override
        void commit(Rig rig) {
            rig.configure(c -> c.options(ALWAYS).withoutSpliceHandler().pipeline((side, pipeline) -> {
                if (side == Side.FRONT) {
                    pipeline.addFirst(new EpollSpliceHandler(c.options()));
                    pipeline.addLast(new LookingAtFirst());
                }
            }));
        }
    },
    ON_ANOTHER_TRANSPORT {
        @Override
        void commit(Rig rig) {
            rig.configure(TestRelayConfig::nio);
        }
    },
    ON_ANOTHER_EXECUTOR {
        @Override
        @SuppressWarnings("deprecation") // deprecated by Netty, but there
        void commit(Rig rig) {
            DefaultEventExecutorGroup executors = new DefaultEventExecutorGroup(1);
            rig.configure(c -> c.withoutSpliceHandler()
                    .pipeline((side, pipeline) ->
                            pipeline.addFirst(executors, "splice", new EpollSpliceHandler(c.options()))));
        }
    };

    private static final SpliceOptions ALWAYS =
            SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build();
    private static final int MIB = 1024 * 1024;
    static final int CONNECTIONS = 3;

    abstract void commit(Rig rig);

    public static void main(String... arguments) throws Exception {
        try (Rig rig = new Rig(Mode.AUTO)) {
            rig.configure(c -> c.options(SpliceOptions.defaults()));
            valueOf(arguments[0]).commit(rig);
            for (int i = 0; i < CONNECTIONS; i++) {
                Link link = rig.link(Route.TCP_TCP_UP);
                link.carryToEnd(4 * MIB, 64 * 1024);
                link.finish();
            }
        }
        System.out.println(SpliceMetrics.snapshot());
        System.out.println(SpliceOptions.defaults().policy() + " "
                + SpliceOptions.defaults().pipeCapacity() + " "
                + SpliceOptions.defaults().maxPooledPipes() + " "
                + SpliceOptions.defaults().maxInFlight());
        System.exit(0); // not every mistake leaves a process that ends by itself
    }

    /** Have each message until it has been sent, or the channel takes no more. */
    private static final class OtherOwners extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.retain(message, 2);
            ctx.fireChannelRead(message);
            ctx.executor().execute(() -> ReferenceCountUtil.release(message, 2));
        }
    }

    /** Looks at each message in a listener that a channel calls while it sends. */
    private static final class LookingInBetween extends ChannelInboundHandlerAdapter {
        private final EmbeddedChannel other = new EmbeddedChannel();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            other.write(Unpooled.EMPTY_BUFFER).addListener(written -> look(message));
            other.flush();
            ctx.fireChannelRead(message);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            other.finishAndReleaseAll();
        }
    }

    private static final class LookingAtFirst extends ChannelInboundHandlerAdapter {
        private static final int LOOKS = 40;
        private static final AtomicInteger COUNT = new AtomicInteger();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (COUNT.getAndIncrement() < LOOKS) {
                look(message);
            }
            ctx.fireChannelRead(message);
        }
    }

    private static void look(Object message) {
        if (message instanceof ByteBuf buffer && buffer.isReadable()) {
            buffer.getByte(buffer.readerIndex());
        }
    }
}
