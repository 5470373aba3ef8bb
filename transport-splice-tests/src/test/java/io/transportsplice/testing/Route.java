// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.testing;

/** Between which kinds of socket the bytes go, and whether they go up (client to server) or down. */
public enum Route {
    TCP_TCP_UP(Family.TCP, Family.TCP, true),
    TCP_TCP_DOWN(Family.TCP, Family.TCP, false),
    TCP_UNIX_UP(Family.TCP, Family.UNIX, true),
    TCP_UNIX_DOWN(Family.TCP, Family.UNIX, false),
    UNIX_TCP_UP(Family.UNIX, Family.TCP, true),
    UNIX_TCP_DOWN(Family.UNIX, Family.TCP, false);

    private final Family front;
    private final Family back;
    private final boolean up;

    Route(Family front, Family back, boolean up) {
        this.front = front;
        this.back = back;
        this.up = up;
    }

    public Family front() {
        return front;
    }

    public Family back() {
        return back;
    }

    public boolean up() {
        return up;
    }

    public Family source() {
        return up ? front : back;
    }

    public Family sink() {
        return up ? back : front;
    }
}
