// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AvailabilityTest {

    @Test
    void shouldFindTheSoftLimit() {
        String line = "Max open files            1024                 524288               files     ";
        assertEquals(1024, Availability.softLimit(List.of("Limit  Soft Limit  Hard Limit", line)));
        assertEquals(Integer.MAX_VALUE, Availability.softLimit(List.of(line.replace("1024  ", "unlimited"))));
        assertEquals(Integer.MAX_VALUE, Availability.softLimit(List.of()));
        assertTrue(Availability.fileLimit() > 0);
    }

    /** Some way to call the kernel may leave anything where the numbers of a pipe belong. */
    @Test
    void shouldCloseNothingWhereItGotNoPipe() {
        List<String> calls = new ArrayList<>();
        Kernel kernel = (Kernel) Proxy.newProxyInstance(
                Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    return method.getName().equals("errno") ? LibC.EMFILE : -1;
                });
        assertThrows(IOException.class, () -> Availability.spliceOneByte(new LibC(kernel)));
        assertEquals(List.of("pipe2", "errno"), calls);
    }
}
