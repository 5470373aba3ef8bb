package io.transportsplice.nettybugs;

/** A fault of Netty's own that the library works around; docs/netty-bugs.md tells of each, and of its mend. */
enum NettyBug {
    LOST_REGISTRATION(new LostRegistration()),
    STALE_EVENTS(new StaleEvents()),
    UNASKED_INPUT(new UnaskedInput());

    /** Shows it, on plain Netty. */
    interface Program {
        Sighting run() throws Exception;
    }

    /**
     * @param there whether this Netty has it
     * @param words what was seen
     */
    record Sighting(boolean there, String words) {}

    private final Program program;

    NettyBug(Program program) {
        this.program = program;
    }

    Sighting look() throws Exception {
        return program.run();
    }
}
