// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the test methods named {@code Class#method}, each with all its parameters, or all of a {@code Class}, for
 * {@code src/defects/run} and for tests that need another JVM: exits with 0 if they passed, {@value #FAILED} if one
 * failed, at once; {@value #NOT_RUN} if one of the names has no test or its engine failed; never with the 1 of a JVM that does not
 * start.
 */
public final class Catcher {
    private static final int NOT_RUN = 2;
    private static final int FAILED = 3;

    private Catcher() {}

    public static void main(String[] names) {
        int status = 0;
        for (String name : names) {
            String[] split = name.split("#", 2);
            status = Math.max(status, run(split[0], method -> split.length == 1 || method.equals(split[1])));
        }
        System.exit(status); // Netty's threads may live on
    }

    private static int run(String testClass, Predicate<String> wanted) {
        PostDiscoveryFilter named = test -> FilterResult.includedIf(test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(source -> wanted.test(((MethodSource) source).getMethodName()))
                .orElse(true));
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass("io.transportsplice." + testClass))
                .filters(named)
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener, new FailFast());
        TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)));
        return summary.getTestsSucceededCount() > 0 && summary.getTotalFailureCount() == 0 ? 0 : NOT_RUN;
    }

    /** One failure is enough, and what a defect makes hang takes its time for each of a test's parameters. */
    private static final class FailFast implements TestExecutionListener {
        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest() && result.getStatus() == Status.FAILED) {
                System.out.println(test.getDisplayName());
                result.getThrowable().ifPresent(Throwable::printStackTrace);
                System.exit(FAILED);
            }
        }
    }
}
