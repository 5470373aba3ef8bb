// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.guests;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses few rows out of the product of some factors, so that for each of the given sets of factors every combination of
 * their values is in some row. Greedy, and the same each time.
 */
final class Coverage {
    private final int[] sizes;
    private final List<int[]> sets;
    /** For each set, which combinations are still to come. */
    private final List<BitSet> missing = new ArrayList<>();

    private Coverage(int[] sizes, List<int[]> sets) {
        this.sizes = sizes;
        this.sets = sets;
        for (int[] set : sets) {
            int combinations = 1;
            for (int factor : set) {
                combinations *= sizes[factor];
            }
            BitSet all = new BitSet(combinations);
            all.set(0, combinations);
            missing.add(all);
        }
    }

    /**
     * @param sizes how many values each factor has
     * @param sets of factors
     * @param start where to begin in the product: other rows cover as well
     */
    static List<int[]> rows(int[] sizes, List<int[]> sets, int start) {
        return new Coverage(sizes, sets).choose(start);
    }

    static List<int[]> all(int[] sizes) {
        Coverage coverage = new Coverage(sizes, List.of());
        return IntStream.range(0, product(sizes)).mapToObj(coverage::row).toList();
    }

    static int product(int[] sizes) {
        int product = 1;
        for (int size : sizes) {
            product *= size;
        }
        return product;
    }

    private List<int[]> choose(int start) {
        List<int[]> chosen = new ArrayList<>();
        int product = product(sizes);
        while (missing.stream().anyMatch(set -> !set.isEmpty())) {
            int[] best = null;
            int most = 0;
            for (int i = 0; i < product; i++) {
                int[] row = row((start + i) % product);
                int gain = gain(row);
                if (gain > most) {
                    most = gain;
                    best = row;
                }
            }
            take(best);
            chosen.add(best);
        }
        return chosen;
    }

    private int[] row(int number) {
        int[] row = new int[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            row[i] = number % sizes[i];
            number /= sizes[i];
        }
        return row;
    }

    private int gain(int[] row) {
        int gain = 0;
        for (int i = 0; i < missing.size(); i++) {
            gain += missing.get(i).get(combination(sets.get(i), row)) ? 1 : 0;
        }
        return gain;
    }

    private void take(int[] row) {
        for (int i = 0; i < missing.size(); i++) {
            missing.get(i).clear(combination(sets.get(i), row));
        }
    }

    private int combination(int[] set, int[] row) {
        int number = 0;
        for (int factor : set) {
            number = number * sizes[factor] + row[factor];
        }
        return number;
    }
}
