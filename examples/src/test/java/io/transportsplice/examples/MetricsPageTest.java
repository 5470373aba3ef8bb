// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.SpliceFallback;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MetricsPageTest {
    @ParameterizedTest
    @EnumSource(SpliceFallback.class)
    void shouldHaveWordsForEachReasonToCopy(SpliceFallback reason) throws IOException {
        String page = new String(MetricsAnswers.page(), StandardCharsets.UTF_8);
        assertTrue(page.contains("\n  " + ProxyCounters.lowerCase(reason) + ": ["), reason::toString);
    }
}
