// SPDX-License-Identifier: Apache-2.0
/** {@link io.transportsplice.SpliceMetrics} for Micrometer, where an application uses it. */
package io.transportsplice.micrometer;
