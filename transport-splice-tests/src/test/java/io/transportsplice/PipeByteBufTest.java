// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.transportsplice.PipeByteBuf.Fate;
import io.transportsplice.ScriptedKernel.Call;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.LoopGroups;
import io.transportsplice.testing.Pattern;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of the pipe where something goes wrong, and what a buffer says of memory that it has not got yet. */
@ExtendWith(Baseline.class)
@Timeout(60)
class PipeByteBufTest {
    private static final byte[] CONTENT = new Pattern(1).bytes(0, 10_000);

    private final ScriptedKernel kernel = new ScriptedKernel();
    private final RealPipes pipes = new RealPipes(new LibC(kernel));
    private final FailingAllocator alloc = new FailingAllocator();

    /** Ways to the bytes. */
    enum Look {
        GET {
            @Override
            void at(ByteBuf buffer) {
                buffer.getByte(0);
            }
        },
        SET {
            @Override
            void at(ByteBuf buffer) {
                buffer.setByte(0, CONTENT[0]);
            }
        },
        APPEND {
            @Override
            void at(ByteBuf buffer) {
                buffer.writeByte(1);
            }
        },
        NIO_BUFFER {
            @Override
            void at(ByteBuf buffer) {
                buffer.nioBuffer();
            }
        },
        ADDRESS {
            @Override
            void at(ByteBuf buffer) {
                buffer.memoryAddress();
            }
        },
        COPY {
            @Override
            void at(ByteBuf buffer) {
                buffer.copy().release();
            }
        },
        COMPARE {
            @Override
            void at(ByteBuf buffer) {
                assertTrue(buffer.isReadable() && buffer.hashCode() != 0);
            }
        },
        DUPLICATE {
            @Override
            void at(ByteBuf buffer) {
                buffer.duplicate().getByte(0);
            }
        },
        PART {
            @Override
            void at(ByteBuf buffer) {
                buffer.slice(1, 2).asReadOnly().readByte();
            }
        };

        abstract void at(ByteBuf buffer);
    }

    @ParameterizedTest
    @EnumSource
    void shouldStayAsItIsWhereThereIsNoMemoryForALook(Look look) throws IOException {
        PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
        ByteBuf unlike = buffer.retainedDuplicate();
        for (int i = 0; i < 3; i++) {
            alloc.failOnce();
            assertThrows(OutOfMemoryError.class, () -> look.at(buffer));
            assertTrue(buffer.isWhole(buffer));
            assertEquals(CONTENT.length, buffer.capacity());
            assertEquals(List.of(), pipes.fates());
        }
        look.at(buffer);
        assertArrayEquals(CONTENT, ByteBufUtil.getBytes(buffer, 0, CONTENT.length));
        assertArrayEquals(CONTENT, ByteBufUtil.getBytes(unlike));
        buffer.release(2);
        assertEquals(List.of(Fate.LOOKED_AT), pipes.fates());
    }

    @ParameterizedTest
    @EnumSource
    void shouldBeDrainedAfterALookForWhichThereWasNoMemory(Look look) throws IOException {
        PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
        alloc.failOnce();
        assertThrows(OutOfMemoryError.class, () -> look.at(buffer));
        assertArrayEquals(CONTENT, pipes.drain(buffer.take(buffer), CONTENT.length));
        buffer.giveBack();
        buffer.release();
        assertEquals(List.of(Fate.DRAINED), pipes.fates());
    }

    @Test
    void shouldReadOnWhereTheKernelGivesLessThanThereIs() throws IOException {
        PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
        for (int i = 0; i < 8; i++) {
            kernel.fail(Call.READ, i % 2 == 0 ? ScriptedKernel.SHORT : LibC.EINTR);
        }
        assertArrayEquals(CONTENT, ByteBufUtil.getBytes(buffer));
        assertFalse(kernel.isToFail(Call.READ));
        buffer.release();
        assertEquals(List.of(Fate.LOOKED_AT), pipes.fates());
    }

    /** At once, or when a part has been read: nobody gets wrong bytes, and the pipe is closed with the buffer. */
    @ParameterizedTest
    @EnumSource
    void shouldGiveNoBytesWhereThePipeCannotBeRead(Look look) throws IOException {
        for (boolean partly : new boolean[] {false, true}) {
            pipes.fates().clear();
            PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
            if (partly) {
                kernel.fail(Call.READ, ScriptedKernel.SHORT);
            }
            kernel.fail(Call.READ, LibC.EPERM);
            assertThrows(UncheckedIOException.class, () -> look.at(buffer));
            assertThrows(RuntimeException.class, () -> look.at(buffer));
            assertNull(buffer.take(buffer));
            assertEquals(List.of(), pipes.fates());
            buffer.release();
            assertEquals(List.of(Fate.UNREADABLE), pipes.fates());
            assertEquals(0, kernel.openPipeFds());
        }
    }

    /** Two sinks, or twice the same: it waits until the last of them has let go. */
    @Test
    void shouldWaitAsOftenAsItIsWritten() throws IOException {
        PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
        PipeRegion first = new PipeRegion(buffer.retainedDuplicate(), buffer, null, false);
        PipeRegion second = new PipeRegion(buffer, buffer, null, false);
        assertFalse(buffer.isWaiting(), "nobody has flushed it");
        second.flushed();
        second.flushed();
        assertFalse(buffer.isWaiting(), "one of them may be waiting for more");
        first.release();
        first.flushed();
        assertTrue(buffer.isWaiting(), "it is in the second sink");
        second.release();
        assertEquals(List.of(Fate.LOST), pipes.fates());
    }

    /** Once it is closed, its descriptor's number is the next connection's. */
    @Test
    void shouldKeepThePipeOpenWhileASinkHasItThoughTheBufferIsReleasedOnceTooOften() throws IOException {
        PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
        assertNotNull(buffer.take(buffer));
        buffer.release();
        assertEquals(List.of(), pipes.fates());
        buffer.giveBack();
        assertEquals(List.of(Fate.LOST), pipes.fates());
    }

    @ParameterizedTest
    @EnumSource
    void shouldHaveAMemoryAddressIfItSaysSo(BufferAllocation allocation) throws IOException {
        PipeByteBuf buffer = pipes.buffer(allocation.allocator(), CONTENT);
        assertEquals(allocation != BufferAllocation.WITHOUT_ADDRESSES, buffer.hasMemoryAddress());
        verifyAddress(buffer);
        buffer.release();
    }

    /** With one owner besides a sink it is, but not where several sinks have it, now or soon: none may wait for another. */
    @ParameterizedTest
    @CsvSource({"1, 1, true", "2, 1, true", "3, 1, false", "2, 2, false", "3, 2, false"})
    void shouldNotBeDuplicatedForABroadcast(int owners, int sinks, boolean duplicated) throws IOException {
        PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
        buffer.retain(owners); // and ours
        buffer.release();
        for (int i = 0; i < sinks; i++) {
            buffer.waits(false);
        }
        Pipe own = pipes.open();
        assertEquals(duplicated, buffer.duplicateInto(own));
        assertEquals(duplicated ? CONTENT.length : 0, own.bytes());
        own.close();
        buffer.release(owners);
    }

    @Test
    void shouldTellItsSourceOnceOneSinkHasSentItThoughAnotherWaits() throws IOException {
        PipeByteBuf buffer = pipes.buffer(alloc, CONTENT);
        buffer.retain();
        for (int i = 0; i < 2; i++) {
            buffer.waits(false);
            buffer.flushed();
        }
        assertTrue(buffer.isWaiting());
        buffer.sentDuplicate();
        buffer.release();
        buffer.waitsNoMore(true);
        assertFalse(buffer.isWaiting());
        assertEquals(1, pipes.wakeUps());
        buffer.release();
    }

    /** It may change in mid-stream. */
    @Test
    void shouldKnowItsMemoryWhateverAllocatorItsChannelHas() throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        SpliceOptions always =
                SpliceOptions.builder().policy(SpliceOptions.Policy.ALWAYS).build();
        try (CollectingSource source = new CollectingSource(group, always, channel -> {})) {
            for (BufferAllocation one : BufferAllocation.values()) {
                for (BufferAllocation next : BufferAllocation.values()) {
                    verifyNext(source, one.allocator());
                    verifyNext(source, next.allocator());
                }
            }
        } finally {
            LoopGroups.end(group);
        }
    }

    private static void verifyNext(CollectingSource source, ByteBufAllocator alloc) throws Exception {
        source.channel().config().setAllocator(alloc);
        PipeByteBuf buffer = source.nextInPipe();
        assertEquals(alloc, buffer.alloc());
        verifyAddress(buffer);
        buffer.release();
    }

    private static void verifyAddress(ByteBuf buffer) {
        if (buffer.hasMemoryAddress()) {
            assertTrue(buffer.memoryAddress() != 0);
        } else {
            assertThrows(UnsupportedOperationException.class, buffer::memoryAddress);
        }
    }
}
