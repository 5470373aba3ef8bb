// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.relay;

import io.netty.channel.Channel;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** For Java Flight Recorder: a relay, from {@link RelayHandler#join} to its end. Begun on any thread, ended on another. */
@Name("io.transportsplice.Relay")
@Label("Relay")
@Description("Two channels relayed to each other, from when they were joined until the relay ended")
@Category("transport-splice")
@StackTrace(false)
final class RelayEvent extends Event {

    @Label("Address A")
    @Description("The far end of the first channel")
    String addressA;

    @Label("Address B")
    @Description("The far end of the second channel")
    String addressB;

    @Label("Bytes from A")
    @DataAmount
    long bytesFromA;

    @Label("Bytes from B")
    @DataAmount
    long bytesFromB;

    @Label("End")
    @Description("FINISHED: both directions ended; else what cut the relay short")
    String end;

    @Label("Reason")
    @Description("The error, where there was one")
    String reason;

    private RelayEvent() {}

    static RelayEvent begun() {
        RelayEvent event = new RelayEvent();
        event.begin();
        return event;
    }

    void ended(Channel a, Channel b, String how, Throwable cause) {
        if (!shouldCommit()) {
            return;
        }
        addressA = String.valueOf(a.remoteAddress());
        addressB = String.valueOf(b.remoteAddress());
        end = how;
        reason = cause == null ? null : cause.toString();
        commit();
    }
}
