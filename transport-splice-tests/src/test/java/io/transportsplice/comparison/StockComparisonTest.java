// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.comparison;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.testing.Mode;
import io.transportsplice.testing.Rig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The flaws of Netty's {@code spliceTo}, case by case, beside what ours does. Of stock Netty it only records what it
 * does, in {@code target/stock-comparison.md}; ours must do right.
 */
@Timeout(120)
class StockComparisonTest {
    private static final Path REPORT = Path.of("target", "stock-comparison.md");
    private static final Map<ComparisonCase, String> ROWS = new EnumMap<>(ComparisonCase.class);

    @ParameterizedTest
    @EnumSource
    void shouldDoRightWhateverStockNettyDoes(ComparisonCase theCase) throws Exception {
        String stock = runStock(theCase);
        Finding ours;
        try (Rig rig = new Rig(Mode.SPLICE)) {
            ours = theCase.run(rig);
        }
        ROWS.put(theCase, "| " + theCase.description() + " | " + stock + " | " + ours.words() + " |");
        assertTrue(ours.good(), ours::words);
    }

    /** Whatever happens: it is a report on the rival. */
    private static String runStock(ComparisonCase theCase) throws IOException {
        Rig rig = new Rig(Mode.STOCK);
        try {
            return theCase.run(rig).words();
        } catch (Exception | AssertionError e) {
            return "fails: " + e;
        } finally {
            rig.abandon();
        }
    }

    @AfterAll
    static void writeReport() throws IOException {
        StringBuilder table =
                new StringBuilder("| case | Netty's spliceTo | transport-splice |\n| --- | --- | --- |\n");
        ROWS.values().forEach(row -> table.append(row).append('\n'));
        System.out.print(table);
        Files.createDirectories(REPORT.getParent());
        Files.writeString(REPORT, table);
    }
}
