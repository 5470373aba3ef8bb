// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Catcher;
import io.transportsplice.testing.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The application on the newest JDK of this machine, told to deny what the JDKs to come will deny: then the system calls
 * are made by {@code java.lang.foreign}, and the JVM has nothing to say.
 */
class NewestJdkIT {
    private static final String DENY_UNSAFE = "--sun-misc-unsafe-memory-access=deny";
    private static final String DENY_NATIVE = "--illegal-native-access=deny";
    private static final String CLASS_PATH_MAY = "--enable-native-access=ALL-UNNAMED";
    private static final String JNR_ALONE = "-Dio.transportsplice.kernel=jnr";

    @TempDir
    static Path directory;

    private static Jdk jdk;
    private static Path library;
    private static Path app;

    @BeforeAll
    static void compile() throws Exception {
        jdk = Jdk.newest();
        library = Library.forJava22(jdk, directory);
        app = App.compile(Files.createDirectory(directory.resolve("app"))).classes();
    }

    @Test
    void shouldSpliceAndMakeTheJvmSayNothing() throws Exception {
        Ended run = onClassPath(App.jars(), DENY_UNSAFE, DENY_NATIVE, CLASS_PATH_MAY);
        assertEquals(App.said("null") + "ffm\n", run.succeeded());
    }

    @Test
    void shouldNeedNoMoreThanLeaveToMakeTheJvmSayNothing() throws Exception {
        assertEquals(
                App.said("null") + "ffm\n",
                onClassPath(App.jars(), CLASS_PATH_MAY).succeeded());
    }

    @Test
    void shouldSpliceAsAModuleAndMakeTheJvmSayNothing() throws Exception {
        Ended run = onModulePath(DENY_UNSAFE, DENY_NATIVE, "--enable-native-access=io.netty.common,io.transportsplice");
        assertEquals(App.said("io.transportsplice") + "ffm\n", run.succeeded());
    }

    @Test
    void shouldSpliceWithoutJnrFfi() throws Exception {
        List<String> netty = App.jars().stream()
                .filter(jar -> Path.of(jar).getFileName().toString().startsWith("netty-"))
                .toList();
        assertEquals(
                App.said("null") + "ffm\n",
                onClassPath(netty, DENY_UNSAFE, DENY_NATIVE, CLASS_PATH_MAY).succeeded());
    }

    @Test
    void shouldLoadNoClassOfJnrFfi() throws Exception {
        Path log = directory.resolve("loaded");
        onClassPath(App.jars(), CLASS_PATH_MAY, "-Xlog:class+load:file=" + log).succeeded();
        String loaded = Files.readString(log);
        assertTrue(loaded.contains(" io.transportsplice.FfmKernel "), loaded);
        for (String theirs : List.of(" jnr.", " com.kenai.", " io.transportsplice.JnrKernel")) {
            assertFalse(
                    loaded.contains(theirs),
                    () -> loaded.lines()
                            .filter(line -> line.contains(theirs))
                            .toList()
                            .toString());
        }
    }

    @Test
    void shouldUseJnrFfiWhereOnlyThatMayCallNativeCode() throws Exception {
        Ended run = onModulePath(DENY_NATIVE, "--enable-native-access=io.netty.common,org.jnrproject.jffi");
        App.assertSpliced("io.transportsplice", run.succeeded());
        assertTrue(run.output().contains("kernel jnr\n"), run::output);
    }

    @Test
    void shouldTellWhyNeitherWorks() throws Exception {
        String told = onModulePath(DENY_NATIVE, "--enable-native-access=io.netty.common")
                .failed();
        String ffm = "ffm, which needs Java 22 and permission to call native code, fails with "
                + "java.lang.IllegalCallerException: Illegal native access from module io.transportsplice";
        assertTrue(told.contains(ffm), told);
        assertTrue(told.contains("jnr, which needs sun.misc.Unsafe, permission to call native code, and"), told);
        assertTrue(told.contains("Illegal native access from module org.jnrproject.jffi"), told);
    }

    @Test
    void shouldTellWhyJnrFfiDoesNotWorkWhereItIsInsistedOn() throws Exception {
        String told =
                onClassPath(App.jars(), DENY_UNSAFE, CLASS_PATH_MAY, JNR_ALONE).failed();
        assertTrue(told.contains("with -Dio.transportsplice.kernel=jnr: jnr, which needs sun.misc.Unsafe"), told);
        assertTrue(told.contains("; auto tries ffm and jnr"), told);
    }

    @Test
    void shouldSpliceFromTheJarOfTheProxy() throws Exception {
        String path = System.getProperty("tcpProxyJar") + ":" + app;
        String said = App.run(jdk, CLASS_PATH_MAY, "-cp", path, App.MAIN).succeeded();
        App.assertSpliced("null", said);
        assertTrue(said.endsWith(Library.hasJava22() ? "kernel ffm\n" : "kernel jnr\n"), said);
    }

    /** Those that an older JVM skips, and what is asked of relays, pipes, buffers, transfers and limits; each in its own JVM. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "LibCTest",
                "KernelTest",
                "KernelAccessTest",
                "SpliceRelayTest",
                "ModelScenarioTest",
                "PipePoolTest",
                "PipeByteBufTest",
                "FaultInjectionTest",
                "LimitTest",
                "SpliceToTest",
                "SpliceToFileTest",
                "channel.WriteContractTest",
                "guests.GuestMatrixTest"
            })
    @Timeout(value = 11, unit = TimeUnit.MINUTES) // more than Ended gives it, which tells how far it came
    void shouldPass(String test) throws Exception {
        Stream<String> others = App.classPath().filter(jar -> !Path.of(jar).equals(Library.path()));
        Stream<String> path = Stream.concat(Stream.of(library.toString(), "target/test-classes"), others);
        String said = App.run(
                        jdk,
                        "-Xmx1g", // instead of what an application has
                        "-ea",
                        CLASS_PATH_MAY,
                        "-cp",
                        path.collect(Collectors.joining(":")),
                        Catcher.class.getName(),
                        test)
                .succeeded();
        assertFalse(said.contains("SKIPPED"), said);
    }

    private static Ended onClassPath(List<String> jars, String... options) throws Exception {
        String path = App.path(library, jars) + ":" + app;
        return run(options, "-cp", path, App.MAIN);
    }

    private static Ended onModulePath(String... options) throws Exception {
        String path = App.path(library, App.jars()) + ":" + app;
        return run(options, "--module-path", path, "--add-modules", App.nativeModule(), "-m", "app/" + App.MAIN);
    }

    private static Ended run(String[] options, String... arguments) throws IOException, InterruptedException {
        return App.run(
                jdk, Stream.concat(Stream.of(options), Stream.of(arguments)).toArray(String[]::new));
    }
}
