// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.FarEnd.End;
import io.transportsplice.testing.FarEnd.Received;
import io.transportsplice.testing.LoopHold;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A write to the sink fails: what follows it must not be taken for what follows the one before. */
@ExtendWith(Baseline.class)
@Timeout(60)
class RelayHoleTest {
    private static final int SOME = 100;

    private final Pattern pattern = new Pattern(0);

    /** Loses one of its messages. */
    private static final class Losing extends ChannelOutboundHandlerAdapter {
        private final int which;
        private final boolean isThrown;
        private int messages;

        Losing(int which, boolean isThrown) {
            this.which = which;
            this.isThrown = isThrown;
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) throws IOException {
            if (!((ByteBuf) message).isReadable() || ++messages != which) {
                ctx.write(message, promise);
                return;
            }
            ReferenceCountUtil.release(message);
            IOException lost = new IOException("lost");
            if (isThrown) {
                throw lost;
            }
            promise.setFailure(lost);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, true",
        "false, true, false",
        "true, false, true",
        "true, true, false",
        "true, false, false"
    })
    void shouldSendNothingBehindIt(boolean tls, boolean wrapped, boolean isThrown) throws Exception {
        try (EmbeddedSource source = new EmbeddedSource(tls, wrapped, new Losing(2, isThrown))) {
            source.read(pattern, 0, SOME);
            source.readComplete();
            source.end.receive(pattern, 0, SOME);
            LoopHold.whileHeld(
                    source.loop,
                    () -> { // all these are its tasks then
                        source.read(pattern, SOME, SOME);
                        source.read(pattern, 2 * SOME, SOME);
                        source.readComplete();
                    });
            assertEquals(new Received(SOME, End.RESET), source.end.receiveToEnd(pattern, SOME));
        }
    }

    /** As bytes are that came before they were joined. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldTellWhyThoughTheSinkHasNotBegun(boolean isThrown) {
        RelayHandler relay = new RelayHandler();
        EmbeddedChannel source = new EmbeddedChannel(relay);
        EmbeddedChannel sink = new EmbeddedChannel(new Losing(1, isThrown), new RelayHandler());
        source.pipeline().fireChannelRead(Unpooled.wrappedBuffer(pattern.bytes(0, SOME)));
        RelayHandler.join(source, sink);
        assertEquals(RelayEnd.FAILED, relay.end());
        assertEquals("lost", relay.endCause().getMessage());
        source.close();
        sink.close();
    }
}
