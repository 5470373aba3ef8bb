// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.system;

import io.transportsplice.soak.Torture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A night of {@link Torture}: rounds in which several processes of clients and servers have random connections through
 * proxies of their own, which are processes too. The mode of each proxy, the round's {@link Trouble} and how long streams may
 * be are drawn; a third of the lanes has a relay in the process of its clients instead, wrapped or not. Told by {@code -Dmarathon.connections}
 * (1,000,000), after which it ends, {@code -Dmarathon.seconds}, after which it ends too (8 hours), {@code -Dmarathon.lanes}
 * (2), {@code -Dmarathon.roundSeconds} (60) and {@code -Dmarathon.seed}.
 */
public final class Marathon {
    private static final long CONNECTIONS = Long.getLong("marathon.connections", 1_000_000);
    private static final long SECONDS = Long.getLong("marathon.seconds", 8 * 3600);
    private static final int LANES = Integer.getInteger("marathon.lanes", 2);

    private static final List<Trouble> TROUBLES = List.of(Trouble.values());
    private static final int BREATH_MILLIS = 100;
    private static final Pattern COUNT = Pattern.compile("(\\w+)=(\\d+)");

    private final SplittableRandom random;
    private final Map<String, Map<String, Long>> counts = new TreeMap<>();
    private boolean failed;

    private Marathon(long seed) {
        random = new SplittableRandom(seed);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        long seed = Long.getLong("marathon.seed", new SplittableRandom().nextLong());
        System.out.println("marathon with -Dmarathon.seed=" + seed);
        Marathon marathon = new Marathon(seed);
        marathon.run();
        System.exit(marathon.failed ? 1 : 0);
    }

    private void run() throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!failed && connections() < CONNECTIONS && System.nanoTime() - end < 0) {
            Trouble trouble = TROUBLES.get(random.nextInt(TROUBLES.size()));
            round(trouble);
            System.out.println(connections() + " connections");
        }
        counts.forEach((what, each) -> System.out.println("marathon of " + what + ": " + each));
        System.out.println("marathon: " + connections() + " connections, " + (failed ? "FAILED" : "all is well"));
    }

    private void round(Trouble trouble) throws IOException, InterruptedException {
        List<Lane> lanes = new ArrayList<>();
        try {
            for (int i = 0; i < LANES; i++) {
                lanes.add(random.nextInt(3) == 0 ? Lane.within(random) : Lane.through(random, trouble));
            }
            while (lanes.stream().anyMatch(Lane::isRunning)) {
                for (Lane lane : lanes) {
                    lane.makeTrouble(random);
                }
                Thread.sleep(BREATH_MILLIS);
            }
            for (Lane lane : lanes) {
                count(lane);
            }
        } finally {
            for (Lane lane : lanes) {
                lane.close();
            }
        }
    }

    private long connections() {
        return counts.values().stream()
                .mapToLong(each -> each.getOrDefault("connections", 0L))
                .sum();
    }

    private void count(Lane lane) throws IOException, InterruptedException {
        String said = lane.end();
        Map<String, Long> sums = counts.computeIfAbsent(lane.what(), absent -> new TreeMap<>());
        String last =
                said.lines().filter(line -> line.startsWith("torture of ")).reduce("", (first, second) -> second);
        Map<String, Long> found = new TreeMap<>();
        Matcher matcher = COUNT.matcher(last);
        while (matcher.find()) {
            found.put(matcher.group(1), Long.valueOf(matcher.group(2)));
        }
        found.forEach((name, value) -> sums.merge(name, value, Long::sum));
        if (!found.containsKey("connections") || lane.mustNotHave().stream().anyMatch(name -> found.get(name) > 0)) {
            failed = true;
            System.out.println(lane.what() + " failed:\n" + said);
        }
    }
}
