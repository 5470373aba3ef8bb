// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Ended;
import io.transportsplice.testing.Skip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where native libraries cannot be unpacked: jffi, which jnr-ffi needs, tries java.io.tmpdir and the working directory,
 * and {@code java.lang.foreign} has nothing to unpack. Netty's own is told another directory here.
 */
class UnpackingIT {
    /** Where not even root can make a file. */
    private static final Path READ_ONLY = Path.of("/proc");

    @TempDir
    static Path directory;

    private static Path app;

    @BeforeAll
    static void compile() throws IOException {
        app = App.compile(Files.createDirectory(directory.resolve("app"))).classes();
    }

    @Test
    void shouldTellThatJnrFfiFindsNoDirectoryToWriteTo() throws Exception {
        String told = jnr(READ_ONLY, READ_ONLY).failed();
        assertTrue(told.contains("jnr, which needs"), told);
        assertTrue(told.contains("a java.io.tmpdir to run it from, fails with "), told);
        assertTrue(told.contains("java.io.IOException: Unable to write jffi binary stub to `/proc`."), told);
    }

    @Test
    void shouldTellThatJnrFfiFindsNoDirectoryToRunCodeFrom() throws Exception {
        Path noexec = Files.createDirectory(directory.resolve("noexec"));
        String told = Ended.of(directory, inMountOf(noexec, jnrCommand(noexec))).failed();
        assertTrue(told.contains("jnr, which needs"), told);
        assertTrue(told.contains("Unable to execute or load jffi binary stub from `" + noexec + "`."), told);
    }

    @Test
    void shouldUnpackJnrFfiIntoTheWorkingDirectoryInstead() throws Exception {
        Path work = Files.createDirectory(directory.resolve("work"));
        App.assertSpliced("null", jnr(work, READ_ONLY).succeeded());
    }

    @Test
    void shouldUnpackJnrFfiIntoTheDirectoryThatIsNamed() throws Exception {
        Path named = Files.createDirectory(directory.resolve("named"));
        App.assertSpliced(
                "null", jnr(READ_ONLY, READ_ONLY, "-Djffi.extract.dir=" + named).succeeded());
    }

    @Test
    void shouldHaveNothingToUnpackWithForeignFunctions() throws Exception {
        Jdk jdk = Jdk.newest();
        String library = App.path(Library.forJava22(jdk, directory), App.jars());
        List<String> command = command(jdk, library, READ_ONLY, "--enable-native-access=ALL-UNNAMED");
        assertEquals(App.said("null") + "ffm\n", Ended.of(READ_ONLY, command).succeeded());
    }

    private static Ended jnr(Path workingDirectory, Path temporary, String... options) throws Exception {
        return Ended.of(workingDirectory, jnrCommand(temporary, options));
    }

    private static List<String> jnrCommand(Path temporary, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-Dio.transportsplice.kernel=jnr");
        return command(Jdk.current(), App.path(), temporary, all.toArray(new String[0]));
    }

    private static List<String> command(Jdk jdk, String path, Path temporary, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.add("-Djava.io.tmpdir=" + temporary);
        arguments.add("-Dio.netty.native.workdir=" + Files.createTempDirectory(directory, "netty"));
        arguments.addAll(List.of("-cp", path + ":" + app, App.MAIN));
        return App.command(jdk, arguments.toArray(new String[0]));
    }

    /** In a file system of its own, from which nothing is run; the command is to work there. */
    private static List<String> inMountOf(Path noexec, List<String> command) throws Exception {
        String mount = "mount -t tmpfs -o noexec tmpfs " + noexec;
        List<String> unshare = List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c");
        Skip.unless(
                Ended.of(directory, concat(unshare, mount)).exitCode() == 0,
                "this machine has no mount namespaces that may be made");
        List<String> all = concat(unshare, mount + " && cd " + noexec + " && exec \"$@\"", "sh");
        all.addAll(command);
        return all;
    }

    private static List<String> concat(List<String> first, String... rest) {
        List<String> all = new ArrayList<>(first);
        all.addAll(List.of(rest));
        return all;
    }
}
