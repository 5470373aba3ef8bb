// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

import io.transportsplice.testing.Rig;

/** One case of the comparison with Netty's own {@code spliceTo}; a rig's mode says which of the two is tried. */
@SuppressWarnings("ImmutableEnumChecker") // a trial is a method
enum ComparisonCase {
    TAIL("the sender writes 2 MiB and closes, the receiver is slow", EndCases::tail),
    TAIL_HALF_CLOSED("the same, with ALLOW_HALF_CLOSURE and a half-close", EndCases::tailWithHalfClosure),
    SOURCE_RESET("the source is reset", EndCases::sourceReset),
    FD_REUSE(
            "the target is closed, its descriptors' numbers are used again, the source sends on",
            OwnershipCases::fdReuse),
    IDLE_PAIRS("idle pairs that have carried bytes before", OwnershipCases::idlePairs),
    CANCEL_ENDLESS("the user stops an endless transfer", StopCases::stop),
    CANCEL_FINITE("the user cancels the transfer of 1,000 bytes, then transfers 1,000 more", StopCases::cancelFinite),
    PAUSE("the user pauses with setAutoRead(false)", StopCases::pause),
    MANUAL_READ("autoRead off, read() in channelReadComplete, 100,000 bytes", PipelineCases::manualRead),
    IDLE_HANDLER("an IdleStateHandler on a busy connection", PipelineCases::idleHandler),
    ROUTING("the transfer starts in channelRead, after the first bytes were looked at", PipelineCases::routing);

    /** Tries the case. */
    interface Trial {
        Finding run(Rig rig) throws Exception;
    }

    private final String description;
    private final Trial trial;

    ComparisonCase(String description, Trial trial) {
        this.description = description;
        this.trial = trial;
    }

    String description() {
        return description;
    }

    Finding run(Rig rig) throws Exception {
        return trial.run(rig);
    }
}
