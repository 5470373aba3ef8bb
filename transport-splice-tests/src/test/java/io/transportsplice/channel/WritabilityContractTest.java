// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** When a channel calls itself writable. */
@ExtendWith(Baseline.class)
@Timeout(60)
class WritabilityContractTest {

    /** What an entry of the outbound buffer counts beside its bytes: asked of Netty, not known. */
    private static long overhead(Channel channel) {
        return channel.unsafe().outboundBuffer().totalPendingWriteBytes();
    }

    private static Stage stage(Variant variant) {
        return new Stage(variant).option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1000, 2000));
    }

    @Everywhere
    void shouldCountWhatIsPending(Variant variant) throws Exception {
        try (Stage stage = stage(variant)) {
            stage.start(channel -> {
                assertEquals(2001, channel.bytesBeforeUnwritable());
                assertEquals(0, channel.bytesBeforeWritable());
                channel.write(stage.bytes(0));
                long overhead = overhead(channel);
                channel.write(stage.bytes(700));
                assertEquals(2001 - 700 - 2 * overhead, channel.bytesBeforeUnwritable());
                assertTrue(channel.isWritable());
                channel.write(stage.bytes(1400));
                assertFalse(channel.isWritable());
                assertEquals(0, channel.bytesBeforeUnwritable());
                assertEquals(700 + 1400 + 3 * overhead - 1000 + 1, channel.bytesBeforeWritable());
                channel.flush();
                assertTrue(channel.isWritable());
                assertEquals(2001, channel.bytesBeforeUnwritable());
            });
            assertEquals("unwritable writable", settled(stage));
        }
    }

    private static String settled(Stage stage) throws Exception {
        stage.settleLoop();
        return stage.recorder().writability();
    }

    @Everywhere
    void shouldBecomeWritableWhenThePeerReads(Variant variant) throws Exception {
        try (Stage stage = stage(variant)) {
            stage.start();
            stage.onLoop(channel -> channel.writeAndFlush(stage.bytes(20_000_000)));
            Await.until("it is not writable", () -> !stage.channel().isWritable());
            stage.settleLoop();
            assertEquals("unwritable", stage.recorder().writability());
            stage.peer().receive(stage.outgoing(), 0, stage.written());
            Await.until("it is writable", () -> stage.channel().isWritable());
            assertEquals("unwritable writable", settled(stage));
        }
    }

    /** Writes as long as it may, each time it may: what a well-behaved handler does. */
    @Everywhere
    void shouldCarryAllOfAWriterThatHeedsIt(Variant variant) throws Exception {
        int all = 2_000_000;
        try (Stage stage = stage(variant)) {
            Stage.Act writeOn = channel -> {
                while (channel.isWritable() && stage.written() < all) {
                    channel.write(stage.bytes(900));
                }
                channel.flush();
            };
            stage.recorder().when("writable", writeOn);
            stage.start(writeOn);
            while (stage.received() < all) {
                stage.receiveSome();
            }
        }
    }

    @Everywhere
    void shouldHeedWhatTheUserSaysOfIt(Variant variant) throws Exception {
        try (Stage stage = stage(variant)) {
            stage.start(channel -> {
                channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
                assertFalse(channel.isWritable());
                channel.writeAndFlush(stage.bytes(500));
                assertFalse(channel.isWritable());
                channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
                assertTrue(channel.isWritable());
            });
            stage.peer().receive(stage.outgoing(), 0, stage.written());
            assertEquals("writable writable", settled(stage), "told later, each once");
        }
    }

    @Everywhere
    void shouldNotBeWritableOnceClosed(Variant variant) throws Exception {
        try (Stage stage = stage(variant)) {
            stage.start(channel -> {
                channel.close();
                assertFalse(channel.isWritable());
                assertEquals(0, channel.bytesBeforeUnwritable());
                assertEquals(Long.MAX_VALUE, channel.bytesBeforeWritable());
            });
        }
    }
}
