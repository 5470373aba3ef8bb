// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a relay was started, by what starts it; without the paths of the machine.
 *
 * @param command its command line
 * @param files the configuration files that this names, by name
 */
record Configuration(String command, Map<String, String> files) {

    private static final Route ANY = new Route("127.0.0.1:LISTEN", "127.0.0.1:TARGET");

    static Configuration of(Relay relay) throws IOException {
        List<String> command = new ArrayList<>();
        Map<String, String> files = new LinkedHashMap<>();
        for (String word : relay.command().line(ANY)) {
            Path path = Path.of(word);
            if (word.equals(System.getProperty("java.class.path"))) {
                command.add("CLASSPATH");
            } else if (path.isAbsolute() && Files.exists(path)) {
                String name = path.getFileName().toString();
                command.add(name);
                if (name.endsWith(".cfg") || name.endsWith(".conf")) {
                    files.put(name, Files.readString(path));
                }
            } else {
                command.add(word);
            }
        }
        return new Configuration(String.join(" ", command), files);
    }
}
