// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.kernels;

import java.util.Locale;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs test classes on the kernel of a virtual machine, and says a line of each test that {@code src/kernels/run} reads. */
public final class Guest implements TestExecutionListener {
    private static final String MARK = "PROBE";

    public static void main(String[] testClasses) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (String testClass : testClasses) {
            request.selectors(DiscoverySelectors.selectClass("io.transportsplice." + testClass));
        }
        LauncherFactory.create().execute(request.build(), new Guest());
        System.exit(0); // Netty's threads may live on
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
            say(
                    result.getStatus() == TestExecutionResult.Status.SUCCESSFUL
                            ? "ok"
                            : result.getStatus().name().toLowerCase(Locale.ROOT),
                    test,
                    result.getThrowable().map(Throwable::toString).orElse(""));
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        say("aborted", test, reason);
    }

    private static void say(String status, TestIdentifier test, String detail) {
        TestSource source = test.getSource().orElse(null);
        String name = source instanceof MethodSource method
                ? method.getClassName().replaceAll(".*\\.", "") + "#" + method.getMethodName() + " "
                : "";
        System.out.println(MARK + " " + status + " " + name
                + test.getDisplayName().replace('\n', ' ') + " " + detail.replace('\n', ' '));
    }
}
