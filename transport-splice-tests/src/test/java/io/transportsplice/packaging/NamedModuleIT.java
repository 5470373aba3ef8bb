// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application as a named module, and without the parts of the JDK that the library can do without. */
class NamedModuleIT {
    private static App app;

    @BeforeAll
    static void compile(@TempDir Path directory) {
        app = App.compile(directory);
    }

    @Test
    void shouldSpliceOnTheModulePath() throws Exception {
        String output = App.run("--module-path", path(), "--add-modules", App.nativeModule(), "-m", "app/" + App.MAIN);
        App.assertSpliced("io.transportsplice", output);
    }

    @Test
    void shouldSpliceWithoutFlightRecorder() throws Exception {
        String output = App.run("--limit-modules", "java.base,java.logging,jdk.unsupported", "-cp", path(), App.MAIN);
        App.assertSpliced("null", output);
    }

    /** To load an event takes an event loop a tenth of a second, the first time. */
    @Test
    void shouldNotLoadAnEventForFlightRecorderBeforeThereIsARecording() throws Exception {
        String output = App.run("-verbose:class", "-cp", path(), App.MAIN);
        App.assertSpliced("null", output);
        assertTrue(output.contains("io.transportsplice.relay.RelayHandler "), output);
        assertFalse(output.contains("io.transportsplice.relay.RelayEvent "), "the event is loaded");
    }

    /** How jnr-ffi must work where no class can be made at run time, as in a native image. */
    @Test
    void shouldSpliceWithoutClassesMadeAtRunTime() throws Exception {
        String output = App.run("-Djnr.ffi.asm.enabled=false", "-cp", path(), App.MAIN);
        App.assertSpliced("null", output);
    }

    private static String path() {
        return App.path() + ":" + app.classes();
    }
}
