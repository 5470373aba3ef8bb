// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.packaging;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** A program: runs the main method of a class in an OSGi container, in which there is nothing but the bundles named. */
final class OsgiContainer {

    private OsgiContainer() {}

    /** The container's own directory, the class, and the bundles' jars, whose last has the class. */
    public static void main(String... arguments) throws Exception {
        List<String> jars = List.of(arguments).subList(2, arguments.length);
        Framework framework = ServiceLoader.load(FrameworkFactory.class)
                .findFirst()
                .orElseThrow()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE,
                        arguments[0],
                        Constants.FRAMEWORK_STORAGE_CLEAN,
                        Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT));
        framework.start();
        try {
            List<Bundle> bundles = new ArrayList<>();
            for (String jar : jars) {
                bundles.add(framework
                        .getBundleContext()
                        .installBundle(Path.of(jar).toUri().toString()));
            }
            for (Bundle bundle : bundles) {
                if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
                    bundle.start();
                }
            }
            Class<?> app = bundles.get(bundles.size() - 1).loadClass(arguments[1]);
            app.getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            framework.stop();
            framework.waitForStop(0);
        }
    }
}
