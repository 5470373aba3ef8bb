// SPDX-License-Identifier: Apache-2.0
package io.transportsplice.examples;

import io.netty.handler.ipfilter.IpFilterRule;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** Networks as people write them: {@code 10.0.0.0/8}, {@code 2001:db8::/32}, or one address. */
final class Networks {
    private Networks() {}

    /** @throws IllegalArgumentException with a message for the user if the text is no network */
    static IpFilterRule rule(String text) {
        int slash = text.indexOf('/');
        InetAddress address = NetUtil.createInetAddressFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new IllegalArgumentException("'" + text + "' is no network (such as 10.0.0.0/8 or ::1)");
        }
        int bits = address.getAddress().length * Byte.SIZE;
        int prefix = slash < 0 ? bits : prefix(text.substring(slash + 1), bits);
        return new IpSubnetFilterRule(address, prefix, IpFilterRuleType.ACCEPT); // it is only asked whether it matches
    }

    /** Whether an address is of one of these networks. */
    static boolean contain(List<IpFilterRule> networks, InetSocketAddress address) {
        return networks.stream().anyMatch(network -> network.matches(address));
    }

    private static int prefix(String text, int bits) {
        if (!text.matches("\\d{1,3}") || Integer.parseInt(text) > bits) {
            throw new IllegalArgumentException("prefix '" + text + "' is not in 0.." + bits);
        }
        return Integer.parseInt(text);
    }
}
