// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.transportsplice.EpollSpliceHandler;
import io.transportsplice.SpliceMetrics;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.Baseline;
import io.transportsplice.testing.Family;
import io.transportsplice.testing.Rig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a user does to a channel, its registration or its pipeline, at any moment: no byte is lost, no event told twice. */
@ExtendWith(Baseline.class)
@Timeout(60)
class MoveContractTest {

    private static final int SOME = 500;
    private static final int MUCH = 100_000;

    /** What is done, and what handlers are told of it. */
    enum Deed {
        REGISTER_AGAIN("unregistered registered") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.deregister().addListener(done -> register(stage, channel, stage.sameLoop()));
            }
        },
        REGISTER_AFTER_A_WHILE("unregistered registered") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.deregister().addListener(done -> {
                    EventLoop loop = stage.sameLoop();
                    loop.execute(() -> loop.execute(() -> register(stage, channel, loop)));
                });
            }
        },
        REGISTER_ELSEWHERE("unregistered registered") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.deregister().addListener(done -> register(stage, channel, stage.otherLoop()));
            }
        },
        WRITE_AND_REGISTER_ELSEWHERE("unregistered registered") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.write(stage.bytes(SOME));
                channel.deregister().addListener(done -> {
                    channel.write(stage.bytes(SOME));
                    register(stage, channel, stage.otherLoop()).addListener(registered -> channel.flush());
                });
                channel.write(stage.bytes(SOME));
            }
        },
        DEREGISTER_TWICE("unregistered registered") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.deregister();
                channel.deregister().addListener(done -> register(stage, channel, stage.otherLoop()));
            }
        },
        WRITE("") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.writeAndFlush(stage.bytes(MUCH));
                stage.didIt();
            }
        },
        SWITCH_AUTO_READ("") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.config().setAutoRead(false);
                channel.eventLoop().execute(() -> {
                    channel.config().setAutoRead(true);
                    stage.didIt();
                });
            }
        },
        REMOVE("") {
            @Override
            void to(Channel channel, Stage stage) {
                remove(channel);
                stage.didIt();
            }
        },
        REPLACE("") {
            @Override
            void to(Channel channel, Stage stage) {
                if (channel.pipeline().get(EpollSpliceHandler.class) != null) {
                    channel.pipeline().replace(EpollSpliceHandler.class, null, stage.newHandler());
                }
                stage.didIt();
            }
        },
        REMOVE_AND_ADD("") {
            @Override
            void to(Channel channel, Stage stage) {
                boolean there = remove(channel);
                channel.eventLoop().execute(() -> {
                    if (there) {
                        channel.pipeline().addFirst(stage.newHandler());
                    }
                    stage.didIt();
                });
            }
        },
        PUT_ANOTHER_IN_FRONT("") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.pipeline().addFirst("front", new ChannelInboundHandlerAdapter());
                stage.didIt();
            }
        },
        PUT_ANOTHER_IN_FRONT_FOR_A_WHILE("") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.pipeline().addFirst("front", new ChannelInboundHandlerAdapter());
                channel.eventLoop()
                        .execute(() -> channel.eventLoop().execute(() -> {
                            channel.pipeline().remove("front");
                            stage.didIt();
                        }));
            }
        },
        SHUTDOWN_OUTPUT("outputShutdown") {
            @Override
            void to(Channel channel, Stage stage) {
                channel.writeAndFlush(stage.bytes(SOME));
                ((DuplexChannel) channel).shutdownOutput().addListener(done -> stage.didIt());
            }
        };

        private final String told;

        Deed(String told) {
            this.told = told;
        }

        /** Whether Netty itself does it without a loss. */
        boolean isPossible(Moment moment, Variant variant) {
            if (this == SHUTDOWN_OUTPUT && moment == Moment.WRITTEN) {
                return false; // within a flush nothing else is flushed
            }
            if (this == WRITE_AND_REGISTER_ELSEWHERE && moment == Moment.ANOTHER_THREAD) {
                return false; // the loop may overtake
            }
            boolean connecting = !variant.accepted() && variant.isThereWhenActive() && moment.mayBeBeforeActive();
            return told.isEmpty() ? !(connecting && this == WRITE) : !connecting;
        }

        abstract void to(Channel channel, Stage stage);

        private static ChannelFuture register(Stage stage, Channel channel, EventLoop loop) {
            return loop.register(channel).addListener(registered -> {
                if (registered.isSuccess()) {
                    stage.didIt();
                }
            });
        }

        private static boolean remove(Channel channel) {
            boolean there = channel.pipeline().get(EpollSpliceHandler.class) != null;
            if (there) {
                channel.pipeline().remove(EpollSpliceHandler.class);
            }
            return there;
        }
    }

    /** A few variants take turns with each deed at each moment; all of them with {@code -Dvariants=all}. */
    static Stream<Arguments> deeds() {
        List<Arguments> all = new ArrayList<>();
        for (Deed deed : Deed.values()) {
            for (Moment moment : Moment.values()) {
                Variant.some(all.size(), 5)
                        .filter(moment::comesTo)
                        .filter(variant -> deed.isPossible(moment, variant))
                        .forEach(variant -> all.add(Arguments.of(deed, moment, variant)));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @MethodSource("deeds")
    void shouldLoseNothing(Deed deed, Moment moment, Variant variant) throws Exception {
        try (Stage stage = new Stage(variant, 2).halfClosing()) {
            if (variant.family() == Family.TCP) {
                stage.option(ChannelOption.SO_LINGER, 1);
            }
            Moment.Handler handler = moment.handler(channel -> deed.to(channel, stage));
            stage.user(handler).start(channel -> {
                if (moment.needsWrite()) {
                    channel.writeAndFlush(stage.bytes(SOME));
                }
            });
            if (moment.needsBytes()) {
                stage.send(SOME);
            }
            Rig.await(handler.done());
            Rig.await(stage.did());
            for (int i = 0; i < 3; i++) {
                stage.send(SOME);
                stage.awaitReceived();
            }
            stage.send(MUCH);
            stage.awaitReceived();
            if (deed != Deed.SHUTDOWN_OUTPUT) {
                stage.onLoop(channel -> channel.writeAndFlush(stage.bytes(MUCH)));
            }
            stage.peer().receive(stage.outgoing(), 0, stage.written());
            expectLife(deed.told, stage.events().replace(" read", "").replace(" complete", ""));
        }
    }

    /** An adoption that waits behind the deregistration must not begin once another loop has the channel. */
    @Test
    void shouldBeAdoptedOnTheLoopThatItMovesTo() throws Exception {
        long before = SpliceMetrics.snapshot().adoptions();
        CountDownLatch registered = new CountDownLatch(1);
        try (Stage stage = new Stage(Variant.PLAIN, 2)) {
            stage.start(channel -> {
                channel.deregister().addListener(done -> {
                    stage.otherLoop().register(channel).addListener(again -> registered.countDown());
                    registered.await();
                });
                channel.pipeline().addFirst(new EpollSpliceHandler());
            });
            stage.send(SOME);
            stage.awaitReceived();
            Await.until("it is adopted", () -> SpliceMetrics.snapshot().adoptions() == before + 1);
        }
    }

    /** What a deed lets handlers be told comes in one piece, before, between or after the two events of a beginning. */
    private static void expectLife(String told, String life) {
        assertTrue(life.contains(told), life);
        assertEquals(
                "registered active", life.replaceFirst(" ?" + told + " ?", " ").trim());
    }
}
