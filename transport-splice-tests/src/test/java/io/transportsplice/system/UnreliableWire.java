// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.LoopGroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * A wire whose packets the test carries itself, and not too well. At each end is a TUN device, whose packets socat hands
 * over as datagrams. It does what netem does, which not every kernel has, and can tell what it has done.
 */
final class UnreliableWire implements AutoCloseable {
    private static final int PACKET_SIZE = 2048; // more than the device's MTU of 1500 and TUN's own header
    private static final int TUN_HEADER = 4;

    /**
     * @param lost how many of the packets, in 0..1
     * @param doubled how many come twice
     * @param damaged of how many is one bit not what it was; their receiver drops them, by their checksums
     * @param jitterMillis by how much a packet's delay may differ from the others', so that they overtake each other
     */
    record Flaws(double lost, double doubled, double damaged, int delayMillis, int jitterMillis) {
        static final Flaws NONE = new Flaws(0, 0, 0, 0, 0);
    }

    private final Flaws flaws;
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final SplittableRandom random = new SplittableRandom(1); // used by the loop's thread alone
    private final Path directory = Files.createTempDirectory("wire");
    private final AtomicReference<Throwable> trouble = new AtomicReference<>();
    private final LongAdder lost = new LongAdder();
    private final LongAdder doubled = new LongAdder();
    private final LongAdder damaged = new LongAdder();
    private final LongAdder overtaken = new LongAdder();
    private final LongAdder underWay = new LongAdder();
    private final End left;
    private final End right;
    private volatile boolean cut;
    private volatile boolean closed;

    private UnreliableWire(String leftDevice, String rightDevice, Flaws flaws) throws IOException {
        this.flaws = flaws;
        left = new End(leftDevice);
        right = new End(rightDevice);
    }

    /** Makes a TUN device for each end, both in this process's network namespace, and carries what goes in. */
    static UnreliableWire between(String leftDevice, String rightDevice, Flaws flaws) throws IOException {
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            Tool.skipForLackOf("TUN devices");
        }
        String socat = Tool.require("socat");
        UnreliableWire wire = new UnreliableWire(leftDevice, rightDevice, flaws);
        try {
            wire.left.open(socat, wire.right);
            wire.right.open(socat, wire.left);
            return wire;
        } catch (IOException | RuntimeException | Error e) {
            wire.close();
            throw e;
        }
    }

    /** Lets nothing through, without a sign of it to either end. */
    void cut() {
        cut = true;
    }

    void mend() {
        cut = false;
    }

    long lost() {
        return lost.sum();
    }

    long doubled() {
        return doubled.sum();
    }

    long damaged() {
        return damaged.sum();
    }

    /** Packets that came after one that was sent later. */
    long overtaken() {
        return overtaken.sum();
    }

    private final class End extends SimpleChannelInboundHandler<DomainDatagramPacket> {
        private final String device;
        private final Path here;
        private final Path there;
        private final DomainSocketAddress address;
        private Process socat;
        private Channel channel;
        private End far;
        private long packets;
        private long latest;

        End(String device) {
            this.device = device;
            here = directory.resolve(device + ".test");
            there = directory.resolve(device + ".socat");
            address = new DomainSocketAddress(there.toFile());
        }

        void open(String program, End farEnd) throws IOException {
            far = farEnd;
            channel = new Bootstrap()
                    .group(loop)
                    .channel(EpollDomainDatagramChannel.class)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(PACKET_SIZE))
                    .option(ChannelOption.AUTO_READ, false) // until the far end can be reached
                    .handler(this)
                    .bind(new DomainSocketAddress(here.toFile()))
                    .syncUninterruptibly()
                    .channel();
            socat = new ProcessBuilder(
                            program,
                            "-b" + PACKET_SIZE,
                            "TUN,tun-type=tun,tun-name=" + device,
                            "UNIX-SENDTO:" + here + ",bind=" + there)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Await.until(
                    "socat has made " + device,
                    () -> Files.exists(there) && Files.exists(Path.of("/sys/class/net", device)));
            if (far.channel != null) {
                channel.config().setAutoRead(true);
                far.channel.config().setAutoRead(true);
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
            if (cut || closed || happens(flaws.lost, lost)) {
                return;
            }
            ByteBuf bytes = packet.content();
            if (happens(flaws.damaged, damaged)) {
                int index = TUN_HEADER + random.nextInt(bytes.readableBytes() - TUN_HEADER);
                bytes.setByte(index, bytes.getByte(index) ^ 1 << random.nextInt(Byte.SIZE));
            }
            long number = ++packets;
            for (int copies = happens(flaws.doubled, doubled) ? 2 : 1; copies > 0; copies--) {
                ByteBuf copy = bytes.retainedDuplicate();
                long delay = flaws.delayMillis + random.nextLong(-flaws.jitterMillis, flaws.jitterMillis + 1L);
                underWay.increment();
                loop.schedule(() -> deliver(number, copy), delay, TimeUnit.MILLISECONDS);
            }
        }

        private boolean happens(double probability, LongAdder count) {
            boolean happens = random.nextDouble() < probability;
            if (happens) {
                count.increment();
            }
            return happens;
        }

        private void deliver(long number, ByteBuf bytes) {
            underWay.decrement();
            if (closed) {
                bytes.release();
                return;
            }
            if (number < latest) {
                overtaken.increment();
            }
            latest = Math.max(latest, number);
            far.channel
                    .writeAndFlush(new DomainDatagramPacket(bytes, far.address))
                    .addListener((ChannelFutureListener) sent -> {
                        if (!sent.isSuccess() && !closed) {
                            trouble.compareAndSet(null, sent.cause());
                        }
                    });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            trouble.compareAndSet(null, cause);
        }

        void close() throws IOException {
            if (socat != null) {
                socat.destroy();
                Await.until("socat has ended", () -> !socat.isAlive());
            }
            Files.deleteIfExists(here);
            Files.deleteIfExists(there);
        }
    }

    /** Its devices vanish with it. */
    @Override
    public void close() throws IOException {
        closed = true;
        Await.until("no packet is under way", () -> underWay.sum() == 0);
        LoopGroups.end(loop);
        left.close();
        right.close();
        Files.delete(directory);
        if (trouble.get() != null) {
            throw new AssertionError("the wire itself is broken", trouble.get());
        }
    }
}
