// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import java.util.ArrayList;
import java.util.List;

/**
 * The words of a file of options, as a shell has them, but for backslashes, which mean themselves: quotes, also within a
 * word, hold together what is between them, and a # before a word begins a comment.
 */
final class OptionWords {
    private static final String BLANKS = " \t\n\u000B\f\r";

    private final String text;
    private int at;

    private OptionWords(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException with a message for the user if a quote is not closed */
    static List<String> of(String text) {
        return new OptionWords(text).all();
    }

    private List<String> all() {
        List<String> words = new ArrayList<>();
        while (at < text.length()) {
            if (isBlank()) {
                at++;
            } else if (text.charAt(at) == '#') {
                skipLine();
            } else {
                words.add(word());
            }
        }
        return words;
    }

    private boolean isBlank() {
        return BLANKS.indexOf(text.charAt(at)) >= 0;
    }

    private void skipLine() {
        while (at < text.length() && "\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
    }

    private String word() {
        StringBuilder word = new StringBuilder();
        while (at < text.length() && !isBlank()) {
            char next = text.charAt(at++);
            if (next == '"' || next == '\'') {
                word.append(quoted(next));
            } else {
                word.append(next);
            }
        }
        return word.toString();
    }

    private String quoted(char quote) {
        int end = text.indexOf(quote, at);
        if (end < 0) {
            long line = 1
                    + text.substring(0, at).chars().filter(each -> each == '\n').count();
            throw new IllegalArgumentException("line " + line + ": a quote is not closed");
        }
        String quoted = text.substring(at, end);
        at = end + 1;
        return quoted;
    }
}
