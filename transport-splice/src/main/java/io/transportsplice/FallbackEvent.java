// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** For Java Flight Recorder: splicing was refused or ended, see {@link SpliceFallback}. */
@Name("io.transportsplice.Fallback")
@Label("Splice Fallback")
@Description("Splicing was refused or ended: bytes are copied")
@Category("transport-splice")
@StackTrace(false)
final class FallbackEvent extends Event {

    @Label("Reason")
    String reason;

    @Label("Channel")
    String channel;

    private FallbackEvent() {}

    static void commit(SpliceFallback reason, Object where) {
        FallbackEvent event = new FallbackEvent();
        if (event.shouldCommit()) {
            event.reason = reason.name();
            event.channel = String.valueOf(where);
            event.commit();
        }
    }
}
