// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class FileLimitTest {

    @Test
    void shouldFindTheSoftLimit() {
        String line = "Max open files            1024                 524288               files     ";
        assertEquals(1024, Availability.softLimit(List.of("Limit  Soft Limit  Hard Limit", line)));
        assertEquals(Integer.MAX_VALUE, Availability.softLimit(List.of(line.replace("1024  ", "unlimited"))));
        assertEquals(Integer.MAX_VALUE, Availability.softLimit(List.of()));
        assertTrue(Availability.fileLimit() > 0);
    }
}
