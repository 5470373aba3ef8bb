// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import com.sun.management.OperatingSystemMXBean;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.transportsplice.EpollSplice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What it costs to bring a stream into a file: {@link EpollSplice#spliceTo(Channel, FileDescriptor, long, long,
 * java.util.concurrent.Executor)} beside buffers that are read and written, by an executor, too, and two ahead. The CPU of
 * this JVM without the thread that sends; what the kernel's own threads do to bring it to a disk is not in it.
 */
public final class FileBenchmark {

    private static final long BYTES = 512L << 20;
    private static final int PIECE = 1 << 20;
    private static final int WARMUPS = 4;
    private static final int REPETITIONS = 7;
    private static final int MOST_PENDING = 2;

    private enum Way {
        SPLICED(2048),
        COPIED_64_KIB(64 << 10),
        COPIED_1_MIB(1 << 20);

        private final int buffer;

        Way(int buffer) {
            this.buffer = buffer;
        }
    }

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ExecutorService writer = Executors.newSingleThreadExecutor();
    private final ExecutorService sender = Executors.newSingleThreadExecutor();

    /** Each argument is a directory, of the file system that is to be measured. */
    public static void main(String... directories) throws Exception {
        System.out.println(Machine.describe() + ", " + REPETITIONS + " times " + (BYTES >> 20) + " MiB in turn");
        FileBenchmark benchmark = new FileBenchmark();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("directory", "way", "CPU s/GiB", "least", "most"));
        for (String directory : directories) {
            benchmark
                    .measure(Path.of(directory))
                    .forEach((way, spread) -> rows.add(List.of(
                            directory,
                            way.name().toLowerCase(Locale.ROOT),
                            number(spread.median()),
                            number(spread.min()),
                            number(spread.max()))));
        }
        System.out.println(Table.align(rows));
        benchmark.close();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private void close() {
        loops.shutdownGracefully();
        writer.shutdown();
        sender.shutdown();
    }

    private Map<Way, Spread> measure(Path directory) throws Exception {
        Map<Way, List<Double>> costs = new EnumMap<>(Way.class);
        for (int i = -WARMUPS; i < REPETITIONS; i++) {
            for (Way way : Way.values()) {
                double cost = cost(way, directory);
                if (i >= 0) {
                    costs.computeIfAbsent(way, first -> new ArrayList<>()).add(cost);
                }
            }
        }
        Map<Way, Spread> spreads = new EnumMap<>(Way.class);
        costs.forEach((way, all) -> spreads.put(way, new Spread(all)));
        return spreads;
    }

    /** In seconds per GiB. */
    private double cost(Way way, Path directory) throws Exception {
        Path path = Files.createTempFile(directory, "file-benchmark", "");
        Promise<Long> written = loops.next().newPromise();
        Channel server = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(way.buffer))
                .childHandler(
                        way == Way.SPLICED ? new Splicer(path, writer, written) : new Copier(path, writer, written))
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        try {
            double before = processCpu();
            java.util.concurrent.Future<Double> sent = sender.submit(send(server.localAddress()));
            if (written.sync().getNow() != BYTES || Files.size(path) != BYTES) {
                throw new IOException(way + " wrote " + Files.size(path));
            }
            return (processCpu() - before - sent.get()) / BYTES * (1 << 30);
        } finally {
            server.close().sync();
            Files.delete(path);
        }
    }

    private static double processCpu() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime() / 1e9;
    }

    /** Tells the CPU seconds of its own thread. */
    private static Callable<Double> send(SocketAddress address) {
        return () -> {
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
            try (SocketChannel socket = SocketChannel.open(address)) {
                for (long left = BYTES; left > 0; left -= PIECE) {
                    piece.clear();
                    while (piece.hasRemaining()) {
                        socket.write(piece);
                    }
                }
            }
            return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before) / 1e9;
        };
    }

    private static final class Splicer extends ChannelInboundHandlerAdapter {
        private final FileDescriptor file;
        private final ExecutorService writer;
        private final Promise<Long> written;

        Splicer(Path path, ExecutorService writer, Promise<Long> written) throws IOException {
            this.file = FileDescriptor.from(path.toString());
            this.writer = writer;
            this.written = written;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            EpollSplice.spliceTo(ctx.channel(), file, 0, BYTES, writer).addListener((Future<Long> done) -> {
                file.close();
                ctx.close();
                if (done.isSuccess()) {
                    written.setSuccess(done.getNow());
                } else {
                    written.setFailure(done.cause());
                }
            });
        }
    }

    private static final class Copier extends ChannelInboundHandlerAdapter {
        private final FileChannel file;
        private final ExecutorService writer;
        private final Promise<Long> written;
        private int pending;
        private long bytes;

        Copier(Path path, ExecutorService writer, Promise<Long> written) throws IOException {
            this.file = FileChannel.open(path, StandardOpenOption.WRITE);
            this.writer = writer;
            this.written = written;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            pending++;
            writer.execute(() -> {
                int count = write(buffer);
                ctx.executor().execute(() -> done(ctx, count));
            });
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            if (pending < MOST_PENDING) {
                readOn(ctx);
            }
        }

        /** Not where the input has ended: see docs/netty-bugs.md. */
        private static void readOn(ChannelHandlerContext ctx) {
            if (!((DuplexChannel) ctx.channel()).isInputShutdown()) {
                ctx.read();
            }
        }

        private int write(ByteBuf buffer) {
            int count = buffer.readableBytes();
            try {
                while (buffer.isReadable()) {
                    buffer.readBytes(file, buffer.readableBytes());
                }
            } catch (IOException e) {
                written.tryFailure(e);
            } finally {
                buffer.release();
            }
            return count;
        }

        private void done(ChannelHandlerContext ctx, int count) {
            pending--;
            bytes += count;
            if (bytes < BYTES) {
                readOn(ctx);
                return;
            }
            ctx.close();
            try {
                file.close();
                written.trySuccess(bytes);
            } catch (IOException e) {
                written.tryFailure(e);
            }
        }
    }
}
