// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.nettybugs;

/** A fault of Netty's own that the library works around; docs/netty-bugs.md tells of each, and of its fix. */
enum NettyBug {
    LOST_REGISTRATION,
    OPEN_CHANNELS,
    STALE_EVENTS,
    UNASKED_INPUT;

    /** Shows it, on plain Netty. */
    interface Program {
        Sighting run() throws Exception;
    }

    /**
     * @param there whether this Netty has it
     * @param words what was seen
     */
    record Sighting(boolean there, String words) {}

    Sighting look() throws Exception {
        Program program = switch (this) {
            case LOST_REGISTRATION -> new LostRegistration();
            case OPEN_CHANNELS -> new OpenChannels();
            case STALE_EVENTS -> new StaleEvents();
            case UNASKED_INPUT -> new UnaskedInput();
        };
        return program.run();
    }
}
