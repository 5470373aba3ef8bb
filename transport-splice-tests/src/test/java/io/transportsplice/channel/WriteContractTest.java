// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of what is written. */
@ExtendWith(Baseline.class)
@Timeout(60)
class WriteContractTest {

    private static final int SOME = 500;
    private static final int MUCH = 3_000_000;

    private static void expectWritten(Stage stage) throws Exception {
        stage.peer().receive(stage.outgoing(), 0, stage.written());
    }

    @Everywhere
    void shouldSendWhatDoesNotFitAtOnce(Variant variant) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                writes.add(channel.write(stage.bytes(MUCH)));
                writes.add(channel.writeAndFlush(stage.bytes(SOME)));
            });
            expectWritten(stage);
            for (ChannelFuture write : writes) {
                assertTrue(write.await().isSuccess());
            }
        }
    }

    @Everywhere
    void shouldSendNothingBeforeTheFlush(Variant variant) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> writes.add(channel.write(stage.bytes(SOME))));
            stage.settleLoop();
            assertFalse(writes.get(0).isDone());
            stage.onLoop(Channel::flush);
            expectWritten(stage);
        }
    }

    /** Empty ones, composite ones, on the heap and off it, many and large: gathered or not, in their order. */
    @Everywhere
    void shouldKeepTheOrderOfBuffersOfAllKinds(Variant variant) throws Exception {
        List<Integer> done = Collections.synchronizedList(new ArrayList<>());
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                for (int i = 0; i < 300; i++) {
                    int index = i;
                    channel.write(bufferOfKind(i, stage)).addListener(written -> done.add(index));
                    if (i % 50 == 49) {
                        channel.flush();
                    }
                }
            });
            expectWritten(stage);
            Await.until("all writes are done", done::size, n -> n == 300);
            for (int i = 0; i < 300; i++) {
                assertEquals(i, done.get(i));
            }
        }
    }

    private static ByteBuf bufferOfKind(int kind, Stage stage) {
        return switch (kind % 5) {
            case 0 -> Unpooled.EMPTY_BUFFER;
            case 1 -> {
                ByteBuf direct = stage.bytes(SOME);
                ByteBuf heap = Unpooled.buffer(SOME).writeBytes(direct);
                direct.release();
                yield heap;
            }
            case 2 ->
                Unpooled.compositeBuffer()
                        .addComponent(true, stage.bytes(SOME))
                        .addComponent(true, stage.bytes(0))
                        .addComponent(true, stage.bytes(20 * SOME));
            case 3 -> stage.bytes(100 * SOME).asReadOnly();
            default -> stage.bytes(SOME);
        };
    }

    @Everywhere
    void shouldKeepTheOrderOfFileRegionsAndBuffers(Variant variant, @TempDir Path directory) throws Exception {
        Path file = directory.resolve("bytes");
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                for (int i = 0; i < 4; i++) {
                    channel.write(stage.bytes(SOME));
                    channel.write(region(file.resolveSibling("bytes" + i), stage));
                    channel.write(stage.bytes(SOME));
                    channel.write(stage.bytes(SOME));
                }
                channel.flush();
            });
            expectWritten(stage);
        }
    }

    private static DefaultFileRegion region(Path file, Stage stage) throws Exception {
        ByteBuf bytes = stage.bytes(200 * SOME);
        byte[] content = new byte[bytes.readableBytes()];
        bytes.readBytes(content).release();
        Files.write(file, content);
        return new DefaultFileRegion(file.toFile(), 0, content.length);
    }

    @Everywhere
    void shouldLeaveOutWhatWasCancelled(Variant variant) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                writes.add(channel.write(stage.bytes(SOME)));
                writes.add(channel.write(channel.alloc().directBuffer(SOME).writeZero(SOME)));
                writes.add(channel.write(stage.bytes(SOME)));
                assertTrue(writes.get(1).cancel(false));
                channel.flush();
            });
            expectWritten(stage);
            assertTrue(writes.get(0).await().isSuccess());
            assertTrue(writes.get(1).await().isCancelled());
            assertTrue(writes.get(2).await().isSuccess());
            assertFalse(writes.get(2).cancel(false));
        }
    }

    /** From the flush on it is too late. */
    @Everywhere
    void shouldNotCancelWhatWasFlushed(Variant variant) throws Exception {
        List<ChannelFuture> writes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                writes.add(channel.write(stage.bytes(MUCH)));
                writes.add(channel.writeAndFlush(stage.bytes(SOME)));
                assertFalse(writes.get(1).cancel(false));
            });
            expectWritten(stage);
            assertTrue(writes.get(1).await().isSuccess());
        }
    }

    @Everywhere
    void shouldKeepTheOrderOfAnotherThreadsWrites(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start();
            ChannelFuture last = null;
            for (int i = 0; i < 200; i++) {
                last = i % 3 == 0
                        ? stage.channel().writeAndFlush(stage.bytes(SOME))
                        : stage.channel().write(stage.bytes(SOME));
            }
            stage.channel().flush();
            expectWritten(stage);
            assertTrue(last.await().isSuccess());
        }
    }

    @Everywhere
    void shouldTakeWritesWithAVoidPromise(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                channel.write(stage.bytes(SOME), channel.voidPromise());
                channel.writeAndFlush(stage.bytes(SOME), channel.voidPromise());
            });
            expectWritten(stage);
            stage.onLoop(channel -> {
                channel.write(stage.bytes(SOME), channel.voidPromise());
                channel.close();
            });
            stage.awaitEvents("registered active StacklessClosedChannelException inactive unregistered removed");
        }
    }

    @Everywhere
    void shouldRefuseWhatIsNoBytes(Variant variant) throws Exception {
        ByteBuf held = Unpooled.directBuffer(1);
        List<ChannelFuture> writes = new ArrayList<>();
        try (Stage stage = new Stage(variant)) {
            stage.start(channel -> {
                writes.add(channel.write("no bytes"));
                writes.add(channel.writeAndFlush(new DefaultByteBufHolder(held)));
            });
            for (ChannelFuture write : writes) {
                assertInstanceOf(
                        UnsupportedOperationException.class, write.await().cause());
            }
            assertEquals(0, held.refCnt());
        }
    }

    /** More than one turn of the loop's worth, with and without a bound on what is gathered. */
    @Everywhere
    void shouldSendAllWithASmallQuantum(Variant variant) throws Exception {
        try (Stage stage = new Stage(variant).option(ChannelOption.WRITE_SPIN_COUNT, 1)) {
            stage.start(channel -> {
                for (int i = 0; i < 3000; i++) {
                    channel.write(stage.bytes(SOME));
                }
                channel.flush();
            });
            expectWritten(stage);
            Await.until(
                    "nothing waits",
                    () -> stage.channel().unsafe().outboundBuffer().isEmpty());
        }
    }
}
