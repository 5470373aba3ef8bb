// SPDX-License-Identifier: Apache-2.0
/**
 * Zero-copy relaying for Netty's epoll transport, see {@link io.transportsplice}.
 *
 * <p>Netty's native library is the application's choice, which must name it, by {@code --add-modules} for instance:
 * {@code io.netty.transport.epoll.linux.x86_64} or {@code io.netty.transport.epoll.linux.aarch_64}.
 */
// jnr-ffi and Micrometer name their modules in their manifests: automatic, but under names that last.
@SuppressWarnings("requires-automatic")
module io.transportsplice {
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires transitive io.netty.transport;
    requires transitive io.netty.transport.classes.epoll;
    requires io.netty.codec;
    requires io.netty.handler;
    requires io.netty.transport.unix.common;
    requires org.jnrproject.ffi;
    // What jnr-ffi needs and cannot say, being automatic.
    requires org.objectweb.asm;
    requires org.objectweb.asm.commons;
    requires org.objectweb.asm.tree;
    requires org.objectweb.asm.tree.analysis;
    requires org.objectweb.asm.util;
    // What is used where it is. Not transitive: whoever compiles against us would need it then.
    requires static jdk.jfr;
    requires static micrometer.core;
    requires static org.jspecify;

    exports io.transportsplice;
    exports io.transportsplice.micrometer;
    exports io.transportsplice.relay;
}
