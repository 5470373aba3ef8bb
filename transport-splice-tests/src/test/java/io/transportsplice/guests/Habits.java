// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.MessageToMessageCodec;
import io.netty.handler.codec.MessageToMessageEncoder;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** What users' handlers do with the buffers that pass them. */
final class Habits {
    private Habits() {}

    /** Casts, and passes something else on, both ways. */
    static final class Reshape extends ChannelDuplexHandler {
        private final UnaryOperator<ByteBuf> shape;

        Reshape(UnaryOperator<ByteBuf> shape) {
            this.shape = shape;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(shape.apply((ByteBuf) message));
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ctx.write(shape.apply((ByteBuf) message), promise);
        }
    }

    /** Makes messages of another type of buffers, and buffers of them. */
    static final class Retype<T> extends MessageToMessageCodec<T, ByteBuf> {
        private final Function<T, ByteBuf> toBuffer;
        private final Function<ByteBuf, T> fromBuffer;

        Retype(Class<? extends T> type, Function<T, ByteBuf> toBuffer, Function<ByteBuf, T> fromBuffer) {
            super(type, ByteBuf.class);
            this.toBuffer = toBuffer;
            this.fromBuffer = fromBuffer;
        }

        /** All that comes must be of the type: what is not has passed the decoder by. */
        @Override
        public boolean acceptInboundMessage(Object message) {
            return true;
        }

        /** An empty buffer is no message: somebody wants to know when all before it is written. */
        @Override
        public boolean acceptOutboundMessage(Object message) throws Exception {
            return super.acceptOutboundMessage(message) && ((ByteBuf) message).isReadable();
        }

        @Override
        protected void encode(ChannelHandlerContext ctx, ByteBuf message, List<Object> result) {
            result.add(fromBuffer.apply(message));
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, T message, List<Object> result) {
            result.add(toBuffer.apply(message));
        }
    }

    static final class Retaining extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
            ctx.fireChannelRead(message.retain());
        }
    }

    static final class PassingEncoder extends MessageToMessageEncoder<ByteBuf> {
        @Override
        protected void encode(ChannelHandlerContext ctx, ByteBuf message, List<Object> result) {
            result.add(message.retain());
        }
    }

    /** Passes each message on in two parts. */
    static final class Splitting extends ChannelDuplexHandler {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf rest = (ByteBuf) message;
            ctx.fireChannelRead(rest.readRetainedSlice(rest.readableBytes() / 2));
            ctx.fireChannelRead(rest);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ByteBuf rest = (ByteBuf) message;
            ctx.write(rest.readRetainedSlice(rest.readableBytes() / 2), ctx.newPromise());
            ctx.write(rest, promise);
        }
    }

    /** Holds so many messages before it passes them on; the last ones when the input ends. */
    static final class Holding extends ChannelInboundHandlerAdapter {
        private final Queue<Object> held = new ArrayDeque<>();
        private final int many;

        Holding(int many) {
            this.many = many;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            held.add(message);
            if (held.size() == many) {
                passOn(ctx);
            }
        }

        private void passOn(ChannelHandlerContext ctx) {
            while (!held.isEmpty()) {
                ctx.fireChannelRead(held.poll());
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == ChannelInputShutdownReadComplete.INSTANCE) {
                passOn(ctx);
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            held.forEach(ReferenceCountUtil::release);
            held.clear();
        }
    }
}
