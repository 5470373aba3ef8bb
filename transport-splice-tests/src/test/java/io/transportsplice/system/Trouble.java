// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.testing.FdCensus;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** What a machine may do to a proxy while a round of the {@link Marathon} lasts. */
enum Trouble {
    NONE,

    /** It is stopped in mid-stream, again and again. */
    STOPPED {
        @Override
        void make(ProxyProcess proxy, SplittableRandom random) throws IOException, InterruptedException {
            Tool.run(Tool.require("kill"), "-STOP", Long.toString(proxy.pid()));
            pause(random);
            Tool.run(Tool.require("kill"), "-CONT", Long.toString(proxy.pid()));
        }
    },

    /** Others want the CPUs, and it has the least to say. */
    STARVED {
        @Override
        List<String> under(SplittableRandom random) {
            return List.of(Tool.require("nice"), "-n", "19");
        }

        @Override
        void make(ProxyProcess proxy, SplittableRandom random) {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(MOST_MILLIS));
            while (System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }
        }
    },

    /** It may open no more descriptors for a while, neither sockets nor pipes: some connections are refused. */
    FEW_DESCRIPTORS {
        @Override
        void make(ProxyProcess proxy, SplittableRandom random) throws IOException, InterruptedException {
            FdCensus open = proxy.fds();
            limit(proxy, open.pipes() + open.sockets() + open.eventPolls() + open.other() + random.nextInt(8));
            pause(random);
            limit(proxy, Limits.maxOpenFiles());
        }
    },

    /** Its system calls fail in ways that it must survive. */
    SYSTEM_CALLS {
        @Override
        List<String> under(SplittableRandom random) {
            return strace(FAULTS.get(random.nextInt(FAULTS.size())), "/dev/null");
        }
    };

    /** The library's probe makes the first of them, and must not fail. */
    private static final List<String> FAULTS = List.of(
            "splice:error=EAGAIN:when=3+3",
            "splice:error=EINTR:when=3+2",
            "splice:error=EINVAL:when=5+7",
            "splice:error=ENOMEM:when=5+7",
            "pipe2:error=EMFILE:when=3+",
            "pipe2:error=ENFILE:when=3+2",
            "fcntl:error=EPERM:when=2+2");

    private static final int MOST_MILLIS = 500;

    /** Programs that start the proxy. */
    List<String> under(SplittableRandom random) {
        return List.of();
    }

    /** Makes trouble for a moment. */
    void make(ProxyProcess proxy, SplittableRandom random) throws IOException, InterruptedException {
        pause(random);
    }

    static List<String> strace(String inject, String log) {
        return List.of(
                Tool.require("strace"),
                "-D",
                "-f",
                "-qq",
                "--seccomp-bpf",
                "-o",
                log,
                "-e",
                "trace=splice,pipe2,fcntl",
                "-e",
                "inject=" + inject);
    }

    private static void pause(SplittableRandom random) throws InterruptedException {
        Thread.sleep(random.nextInt(MOST_MILLIS));
    }

    private static void limit(ProxyProcess proxy, long descriptors) throws IOException, InterruptedException {
        Tool.run(Tool.require("prlimit"), "--pid", Long.toString(proxy.pid()), "--nofile=" + descriptors + ":");
    }
}
