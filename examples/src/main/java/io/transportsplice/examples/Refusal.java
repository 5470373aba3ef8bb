// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

/** Why a client was turned away: before it had an upstream, or by a later request. */
enum Refusal {
    /** It did not say in time where it wanted to go. */
    TIMEOUT,
    /** It ended or broke before it had said so. */
    INCOMPLETE,
    /** What it said is not the protocol expected of it. */
    PROTOCOL,
    /** It wants something that is not offered: a name without a route, another method. */
    UNSUPPORTED,
    /** It is of a network that is not served. */
    DENIED,
    /** There are as many clients of its address as there may be. */
    TOO_MANY,
    /** No upstream could be connected to. */
    NO_UPSTREAM
}
