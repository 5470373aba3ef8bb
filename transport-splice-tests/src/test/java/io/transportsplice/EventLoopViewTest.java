// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The event loop that an adopted channel sees is its own loop in all respects: every method that the interfaces of this
 * version of Netty have asks that loop, those with a default too, or is made of such by Netty.
 */
class EventLoopViewTest {

    /** How a channel registers is what the view is for; it is itself whom it calls next. */
    private static final Set<String> OWN = Set.of("register", "next");

    /** What Netty's base class makes of the others, and what of them it asks for; of some nothing. */
    private static final Map<String, String> DERIVED = Map.of(
            "parent", "",
            "iterator", "",
            "newPromise", "",
            "newProgressivePromise", "",
            "newSucceededFuture", "",
            "newFailedFuture", "",
            "submit", "execute",
            "shutdownNow", "shutdown");

    /** They wait for what such a loop never does; submit is what they are made of. */
    private static final Set<String> WAITING = Set.of("invokeAll", "invokeAny");

    /** The same of two that are delegated, too, with other parameters. */
    private static final Set<String> SHORT = Set.of("inEventLoop[]", "shutdownGracefully[]");

    /** Every method of an event loop that is Netty's, and what the JDK asks of an executor. */
    static Stream<Arguments> methods() {
        return Arrays.stream(IoEventLoop.class.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .filter(method -> !method.isBridge() && !method.isSynthetic())
                .filter(method -> !WAITING.contains(method.getName()))
                .filter(method -> isNettys(method) || Modifier.isAbstract(method.getModifiers()))
                .map(method -> Arguments.of(signature(method), method));
    }

    private static boolean isNettys(Method method) {
        return method.getDeclaringClass().getName().startsWith("io.netty.");
    }

    private static String signature(Method method) {
        return method.getName() + Arrays.toString(method.getParameterTypes());
    }

    /** A loop that only says what it was asked. */
    private static final class Asked implements InvocationHandler {
        private final List<String> calls = new ArrayList<>();
        private final List<Object[]> arguments = new ArrayList<>();
        private Object answer;

        @Override
        public Object invoke(Object proxy, Method method, Object[] args) {
            if (method.getName().equals("hashCode")) {
                return System.identityHashCode(proxy);
            }
            if (method.getName().equals("equals")) {
                return proxy == args[0];
            }
            calls.add(signature(method));
            arguments.add(args == null ? new Object[0] : args);
            answer = valueOf(method.getReturnType(), true);
            return answer;
        }
    }

    private static IoEventLoop loop(Asked asked) {
        return (IoEventLoop)
                Proxy.newProxyInstance(IoEventLoop.class.getClassLoader(), new Class<?>[] {IoEventLoop.class}, asked);
    }

    /** Something of this type: for a result, or to be passed on. */
    private static Object valueOf(Class<?> type, boolean yes) {
        if (type == boolean.class) {
            return yes;
        } else if (type == void.class) {
            return null;
        } else if (type.isPrimitive()) {
            return Array.get(Array.newInstance(type, 1), 0);
        } else if (type == Class.class) {
            return Object.class;
        } else if (type == Throwable.class) {
            return new Throwable();
        } else if (type.isAssignableFrom(DefaultPromise.class)) {
            return new DefaultPromise<>(GlobalEventExecutor.INSTANCE);
        } else if (type.isInterface()) {
            return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, new Asked());
        }
        return type.isEnum() ? type.getEnumConstants()[0] : null;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void shouldAskTheLoopItself(String signature, Method method) throws Exception {
        Asked asked = new Asked();
        SplicingEventLoop view = SplicingEventLoop.of(loop(asked));
        Method ours = SplicingEventLoop.class.getMethod(method.getName(), method.getParameterTypes());
        if (OWN.contains(method.getName())) {
            assertEquals(
                    method.getName().equals("next") ? DelegatingEventLoop.class : SplicingEventLoop.class,
                    ours.getDeclaringClass());
            return;
        }
        if (DERIVED.containsKey(method.getName())) {
            assertDerived(method, DERIVED.get(method.getName()), view, asked);
            return;
        }
        if (SHORT.contains(signature)) {
            assertDerived(method, method.getName(), view, asked);
            return;
        }
        assertFalse(ours.getDeclaringClass().isInterface(), "left to the default of " + ours.getDeclaringClass());
        asked.calls.clear();
        asked.arguments.clear();
        Object[] args = Arrays.stream(method.getParameterTypes())
                .map(type -> valueOf(type, false))
                .toArray();
        Object result = method.invoke(view, args);
        assertEquals(List.of(signature), asked.calls);
        assertArrayEquals(args, asked.arguments.get(0));
        if (method.getReturnType().isPrimitive()) {
            assertEquals(asked.answer, result);
        } else {
            assertSame(asked.answer, result);
        }
    }

    private static void assertDerived(Method method, String from, SplicingEventLoop view, Asked asked)
            throws Exception {
        asked.calls.clear();
        method.invoke(
                view,
                Arrays.stream(method.getParameterTypes())
                        .map(type -> valueOf(type, false))
                        .toArray());
        assertEquals(
                from.isEmpty() ? List.of() : List.of(from),
                asked.calls.stream()
                        .map(call -> call.substring(0, call.indexOf('[')))
                        .toList());
    }

    @Test
    void shouldBeItsOwnNext() {
        SplicingEventLoop view = SplicingEventLoop.of(loop(new Asked()));
        assertSame(view, view.next());
    }

    @Test
    void shouldBeTheSameViewEachTime() {
        IoEventLoop loop = loop(new Asked());
        SplicingEventLoop view = SplicingEventLoop.of(loop);
        assertSame(view, SplicingEventLoop.of(loop));
        assertSame(view, SplicingEventLoop.of(view));
        assertTrue(view.inEventLoop(), "as the loop says");
    }
}
