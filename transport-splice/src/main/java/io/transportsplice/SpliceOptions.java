// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositive;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

import org.jspecify.annotations.NullMarked;

/** How an {@link EpollSpliceHandler} splices. Immutable, to be shared by any number of handlers. */
@NullMarked
public final class SpliceOptions {

    /** A page, and what {@code F_SETPIPE_SZ} takes. */
    private static final int LEAST_PIPE_CAPACITY = 4096;

    private static final int MOST_PIPE_CAPACITY = 1 << 30;

    /**
     * Pipe size decides the cost of a byte more than anything else. {@code fs.pipe-max-size}, 1 MiB unless changed, is
     * the most that an unprivileged user gets; a smaller pipe is taken where the kernel refuses.
     */
    private static final int DEFAULT_PIPE_CAPACITY = SystemProperties.integer(
            "io.transportsplice.pipeCapacity", 1024 * 1024, LEAST_PIPE_CAPACITY, MOST_PIPE_CAPACITY);

    /** An event loop uses few pipes at a time, since an idle connection holds none: this many cover a busy moment. */
    private static final int DEFAULT_MAX_POOLED_PIPES =
            SystemProperties.integer("io.transportsplice.maxPooledPipes", 32, 0, Integer.MAX_VALUE);

    /** One fills while the other drains; a third would gain nothing, and cost another pipe's memory. */
    private static final int DEFAULT_MAX_IN_FLIGHT =
            SystemProperties.integer("io.transportsplice.maxInFlight", 2, 1, Integer.MAX_VALUE);

    private static final Policy DEFAULT_POLICY =
            SystemProperties.constant("io.transportsplice.policy", Policy.AUTO, Policy.class);

    private static final SpliceOptions DEFAULTS = builder().build();
    static final SpliceOptions ON_DEMAND = builder().policy(Policy.ON_DEMAND).build();

    private final Policy policy;
    private final int pipeCapacity;
    private final int maxPooledPipes;
    private final int maxInFlight;
    private final boolean stateEvents;

    private SpliceOptions(Builder builder) {
        policy = builder.policy;
        pipeCapacity = builder.pipeCapacity;
        maxPooledPipes = builder.maxPooledPipes;
        maxInFlight = builder.maxInFlight;
        stateEvents = builder.stateEvents;
    }

    /** What the {@code -Dio.transportsplice.*} properties name; without them {@link Policy#AUTO}. */
    public static SpliceOptions defaults() {
        return DEFAULTS;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from these options. */
    public Builder toBuilder() {
        return new Builder()
                .policy(policy)
                .pipeCapacity(pipeCapacity)
                .maxPooledPipes(maxPooledPipes)
                .maxInFlight(maxInFlight)
                .stateEvents(stateEvents);
    }

    public Policy policy() {
        return policy;
    }

    /** The wanted capacity of a pipe, in bytes. */
    public int pipeCapacity() {
        return pipeCapacity;
    }

    /** How many unused pipes an event loop keeps at the most. */
    public int maxPooledPipes() {
        return maxPooledPipes;
    }

    /** How many filled pipes of one source may wait in sinks, whatever the pipeline asks for. */
    public int maxInFlight() {
        return maxInFlight;
    }

    /** Whether the pipeline is told by {@link SpliceStateEvent}s. */
    public boolean stateEvents() {
        return stateEvents;
    }

    @Override
    public String toString() {
        return "SpliceOptions(policy=" + policy + ", pipeCapacity=" + pipeCapacity + ", maxPooledPipes="
                + maxPooledPipes + ", maxInFlight=" + maxInFlight + ", stateEvents=" + stateEvents + ')';
    }

    /** When to splice. */
    public enum Policy {
        /** Leave all reading to Netty. The channel is guarded against Netty 4.2's loss of registrations all the same. */
        NEVER,
        /** Splice what {@link EpollSpliceHandler#limit} names, and nothing else. */
        ON_DEMAND,
        /** Splice a source while it streams; copy while it chats, which is cheaper below some 16 to 32 KiB. */
        AUTO,
        /** Splice from the first byte on. For tests, comparisons, and traffic that is known to stream. */
        ALWAYS
    }

    /** Starts from the defaults. Not thread-safe. */
    public static final class Builder {
        private Policy policy = DEFAULT_POLICY;
        private int pipeCapacity = DEFAULT_PIPE_CAPACITY;
        private int maxPooledPipes = DEFAULT_MAX_POOLED_PIPES;
        private int maxInFlight = DEFAULT_MAX_IN_FLIGHT;
        private boolean stateEvents;

        private Builder() {}

        public Builder policy(Policy policy) {
            this.policy = checkNotNull(policy, "policy");
            return this;
        }

        /**
         * The kernel rounds it up to a power of two of pages; see {@code F_SETPIPE_SZ} in fcntl(2) for its limits.
         *
         * @throws IllegalArgumentException unless {@code 4096 <= bytes <= 1 GiB}
         */
        public Builder pipeCapacity(int bytes) {
            this.pipeCapacity = checkInRange(bytes, LEAST_PIPE_CAPACITY, MOST_PIPE_CAPACITY, "pipeCapacity");
            return this;
        }

        /**
         * How many unused pipes an event loop keeps at the most; 0 keeps none.
         *
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxPooledPipes(int pipes) {
            this.maxPooledPipes = checkPositiveOrZero(pipes, "maxPooledPipes");
            return this;
        }

        /**
         * How many filled pipes of one source may wait in sinks. Where a handler holds buffers for other reasons there may be
         * more.
         *
         * @throws IllegalArgumentException unless it is positive
         */
        public Builder maxInFlight(int pipes) {
            this.maxInFlight = checkPositive(pipes, "maxInFlight");
            return this;
        }

        /**
         * Whether the pipeline is told by {@link SpliceStateEvent}s when splicing starts and stops. False unless asked for, as
         * handlers that were there before may not expect events that they do not know.
         */
        public Builder stateEvents(boolean tells) {
            this.stateEvents = tells;
            return this;
        }

        public SpliceOptions build() {
            return new SpliceOptions(this);
        }
    }
}
