// SPDX-License-Identifier: Apache-2.0
package io.transportsplice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.transportsplice.BufferTrial.Step;
import io.transportsplice.testing.Await;
import io.transportsplice.testing.FdCensus;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.lifecycle.BeforeTry;

/**
 * The contract of a {@link PipeByteBuf}: under whatever calls, in whatever order, of itself and of what is derived from it, it
 * says and throws what an ordinary direct buffer does. What need not look at the bytes does not, and in the end nothing is
 * left.
 */
class ModelBufferTest {
    /** The same calls in every build; without it, others are found. */
    private static final String SEED = "20261126";

    private static final int LARGEST = 300;

    private static Map<String, Long> before;
    private static FileChannel file;
    private static int pipesBefore;
    private long buffersBefore;

    @BeforeContainer
    static void openFile() throws IOException {
        Path path = Files.createTempFile("splice", null);
        file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Files.delete(path);
        EpollSplice.ensureAvailability();
        pipesBefore = FdCensus.take().pipes();
        before = ModelTally.counts();
    }

    @AfterContainer
    static void closeFile() throws IOException {
        file.close();
        Await.until("no pipe is left", () -> FdCensus.take().pipes() <= pipesBefore);
        Map<String, Long> tried = ModelTally.since(before);
        System.out.println("ModelBufferTest tried " + tried);
        assertTrue(tried.containsKey("buffers taken"), "nothing was taken");
        if (tried.getOrDefault("lives", 0L) > 200) {
            List<BufferCall> untried = BufferCall.ALL.stream()
                    .filter(call -> !tried.containsKey("call " + call))
                    .toList();
            assertEquals(List.of(), untried);
        }
    }

    @BeforeTry
    void startAnew() {
        buffersBefore = SpliceMetrics.snapshot().buffersInFlight();
    }

    @AfterTry
    void shouldHaveBeenReleased() {
        assertEquals(buffersBefore, SpliceMetrics.snapshot().buffersInFlight());
    }

    @Property(edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldBeLikeAnOrdinaryBuffer(
            @ForAll("anything") List<Step> steps, @ForAll BufferAllocation allocation, @ForAll long contentSeed)
            throws IOException {
        ModelTally.count("lives", 1);
        run(steps, allocation, contentSeed);
    }

    /** ... and may be drained. */
    @Property(edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldStayUntouchedUntilSomebodyLooks(
            @ForAll("withoutALook") List<Step> steps, @ForAll BufferAllocation allocation, @ForAll long contentSeed)
            throws IOException {
        run(steps, allocation, contentSeed);
    }

    /** Though by then its memory, and the very objects, are somebody else's. */
    @Property(edgeCases = EdgeCasesMode.NONE, seed = SEED)
    void shouldBeDeadOnceItIsReleased(
            @ForAll("anything") List<Step> steps, @ForAll BufferAllocation allocation, @ForAll long contentSeed)
            throws IOException {
        Stream<Step> death = Stream.of("toString(Charset)", "release()")
                .map(signature -> new Step(BufferCall.named(signature), 0, 0));
        run(Stream.concat(death, steps.stream()).toList(), allocation, contentSeed);
    }

    private static void run(List<Step> steps, BufferAllocation allocation, long contentSeed) throws IOException {
        Random random = new Random(contentSeed);
        byte[] content = new byte[1 + random.nextInt(LARGEST)];
        random.nextBytes(content);
        new BufferTrial(allocation, file, content).run(steps, random.nextInt(4) > 0);
    }

    @Provide
    Arbitrary<List<Step>> anything() {
        return steps(Arbitraries.frequencyOf(
                Tuple.of(12, Arbitraries.of(BufferCall.ALL)),
                Tuple.of(3, Arbitraries.of(BufferCall.moving())),
                Tuple.of(3, Arbitraries.of(BufferCall.deriving())),
                Tuple.of(1, Arbitraries.of(BufferCall.counting()))));
    }

    @Provide
    Arbitrary<List<Step>> withoutALook() {
        return steps(Arbitraries.of(BufferCall.withoutALook()));
    }

    private static Arbitrary<List<Step>> steps(Arbitrary<BufferCall> calls) {
        return Combinators.combine(calls, Arbitraries.integers().between(0, 15), Arbitraries.longs())
                .as(Step::new)
                .list()
                .ofMaxSize(40)
                .withSizeDistribution(RandomDistribution.uniform());
    }
}
