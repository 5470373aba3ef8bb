// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A {@link SplicingHandle} that does not splice, and how it ends, without a socket. */
class PassingHandleTest extends HandleFixture {
    @Test
    void shouldPassEventsAndInterestWhileItDoesNotSplice() {
        assertTrue(handle.read());
        assertEquals(IN, ask(IN));
        assertEquals(IN, ask(IN)); // epoll knows
        happen(IN);
        happen(OUT | ERR);
        assertEquals(List.of("submit 1", "event 1", "event 12"), script.told());
    }

    /** Since Netty 4.2.13 an interest of 0 deletes the registration. */
    @Test
    void shouldNeverSubmitNothing() {
        ask(IN);
        assertEquals(ET, ask(0));
        assertEquals(List.of("submit 1", "submit " + ET), script.told());
    }

    @Test
    void shouldTellTheChannelToFlushAfterItsAdoption() {
        handle.flushPending();
        assertEquals(List.of("event " + OUT), script.told());
    }

    /** Events of the batch in which it registers are older than it is. */
    @Test
    void shouldHearNothingBeforeTheBatchIsOver() {
        HandleScript other = new HandleScript();
        SplicingHandle young = other.newHandle();
        young.registered();
        other.happen(young, IN);
        assertEquals(List.of("registered"), other.told());
        other.runTasks();
        other.happen(young, IN);
        assertEquals(List.of("registered", "event 1"), other.told());
    }

    @Test
    void shouldTellBothSidesOfItsEnd() {
        splice();
        script.forget();
        handle.unregistered();
        assertEquals(List.of("forgotten", "unregistered"), script.told());
        assertFalse(handle.isSplicing(script.reader()));
    }

    /** Netty does not say so if the descriptor's number is in use again. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldBeForgottenWhenItIsCancelled(boolean isCancelled) {
        splice();
        script.forget();
        script.cancels(isCancelled);
        assertEquals(isCancelled, handle.cancel());
        assertEquals(List.of("forgotten", "cancel"), script.told());
        assertFalse(handle.isSplicing(script.reader()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldBeAsValidAsItsRegistration(boolean isValid) {
        splice();
        script.valid(isValid);
        assertEquals(isValid, handle.isValid());
        assertEquals(isValid, handle.isSplicing(script.reader()));
        assertSame(script.attachment(), handle.<Object>attachment());
        assertSame(script.descriptor(), handle.fd());
    }

    private static final class Listener extends ChannelInboundHandlerAdapter implements EventLoopShutdownListener {
        private int told;

        @Override
        public void eventLoopShutsDown(ChannelHandlerContext ctx) {
            told++;
        }
    }

    @Test
    void shouldTellThoseWhoListenBeforeTheLoopClosesTheChannel() throws Exception {
        Listener listener = new Listener();
        script.owner().pipeline().addLast(listener);
        handle.close();
        assertEquals(1, listener.told);
        assertEquals(List.of("close"), script.told());
    }

    @Test
    void shouldCloseAChannelThatHasNoHandler() throws Exception {
        script.newHandle().close();
        assertEquals(List.of("close"), script.told());
    }
}
