// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which way to the kernel is taken. What comes of a JVM's options is in {@code NewestJdkIT}. */
class KernelAccessTest {

    @Test
    void shouldPreferForeignFunctionsWhereTheyAreThere() {
        KernelAccess.Opened opened = KernelAccess.open("auto");
        assertSame(isThere(KernelAccess.FFM) ? KernelAccess.FFM : KernelAccess.JNR, opened.access());
    }

    @Test
    void shouldTellWhyTheBetterOneWasPassedOver() {
        Assumptions.assumeFalse(isThere(KernelAccess.FFM));
        String told = KernelAccess.open("auto").toString();
        assertTrue(told.startsWith("jnr, since ffm, which needs Java 22"), told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jnr", "JNR", " Jnr "})
    void shouldTakeWhatIsAskedFor(String property) {
        KernelAccess.Opened opened = KernelAccess.open(property);
        assertEquals("jnr", opened.access().toString());
        assertEquals("", opened.passedOver());
    }

    @Test
    void shouldNotTakeAnotherThanWhatIsAskedFor() {
        Assumptions.assumeFalse(isThere(KernelAccess.FFM));
        Throwable why = assertThrows(UnsupportedOperationException.class, () -> KernelAccess.open("ffm"));
        assertTrue(
                why.getMessage().contains("-Dio.transportsplice.kernel=ffm: ffm, which needs Java 22"), why::toString);
        assertTrue(why.getMessage().endsWith("; auto tries ffm and jnr"), why::toString);
        assertEquals(1, why.getSuppressed().length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fmm", "", "ffm,jnr"})
    void shouldRejectWhatDoesNotExist(String property) {
        Throwable why = assertThrows(IllegalArgumentException.class, () -> KernelAccess.open(property));
        assertEquals("-Dio.transportsplice.kernel=" + property + ": it is one of auto, ffm and jnr", why.getMessage());
    }

    @Test
    void shouldTellWhichOneIsUsed() {
        EpollSplice.ensureAvailability();
        assertEquals(KernelAccess.openWanted().access().toString(), EpollSplice.kernel());
    }

    /** The stand-in that says there is none implements nothing. */
    private static boolean isThere(KernelAccess access) {
        return access != KernelAccess.FFM || Kernel.class.isAssignableFrom(FfmKernel.class);
    }

    /** Aborts the test, loudly, where this Java and this copy of the library cannot have it: not if it is there and fails. */
    static Kernel require(KernelAccess access) {
        if (!isThere(access)) {
            String message = "SKIPPED, no " + access + " in Java "
                    + Runtime.version().feature() + " with the library as it is; NewestJdkIT has it";
            System.err.println(message);
            Assumptions.abort(message);
        }
        return access.open();
    }
}
