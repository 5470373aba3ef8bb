// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

import net.jqwik.api.lifecycle.AfterContainerHook;
import net.jqwik.api.lifecycle.BeforeContainerHook;
import net.jqwik.api.lifecycle.ContainerLifecycleContext;
import net.jqwik.api.lifecycle.PropagationMode;

/** {@link LeakGuard} for the classes of properties, which another engine runs: {@code META-INF/services} names it. */
@SuppressWarnings("overloads") // each of the two interfaces has a compareTo of its own
public final class LeakHook implements BeforeContainerHook, AfterContainerHook {
    @Override
    public PropagationMode propagateTo() {
        return PropagationMode.ALL_DESCENDANTS;
    }

    @Override
    public void beforeContainer(ContainerLifecycleContext context) {
        LeakGuard.install();
    }

    @Override
    public void afterContainer(ContainerLifecycleContext context) {
        if (context.optionalContainerClass().isPresent()) {
            LeakGuard.check(context.label());
        }
    }
}
