// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import jdk.jfr.FlightRecorder;

/**
 * An event for Java Flight Recorder, where the runtime has it: an image made by jlink may lack the module jdk.jfr. The
 * event's class is loaded no earlier than there is a recording, for that takes an event loop a tenth of a second. Any thread.
 */
final class FlightRecording {

    private static final boolean PRESENT = isPresent();

    private FlightRecording() {}

    private static boolean isPresent() {
        try {
            Class.forName("jdk.jfr.Event", false, FlightRecording.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    static void fallback(SpliceFallback reason, Object where) {
        if (PRESENT && FlightRecorder.isInitialized()) {
            FallbackEvent.commit(reason, where);
        }
    }
}
