// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

/** Told to the pipelines of all connections when the proxy is to end: those that carry nothing may close. */
enum DrainEvent {
    INSTANCE
}
