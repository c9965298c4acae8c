package org.shieldwall.host.vm;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;

/**
 * An address that a guest may use as its own.
 *
 * @param address one station's, not the host's own loopback
 */
public record GuestAddress(InetAddress address) {
  /** How one is written. */
  public static final String SHAPE = "an IPv4 or IPv6 address, e.g. 10.0.0.5 or fd00::5";

  /** Most addresses of one guest. */
  public static final int MAX = 16;

  /** {@return the address that {@code text} means, if it means one; no name is ever looked up} */
  public static Optional<GuestAddress> parse(String text) {
    InetAddress address;
    try {
      address = InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException notOne) {
      return Optional.empty();
    }
    // 10.5 would be 10.0.0.5 to the parser, and something else to whoever wrote it.
    boolean whole =
        address instanceof Inet6Address
            ? text.indexOf('%') < 0
            : text.equals(address.getHostAddress());
    boolean one =
        !address.isAnyLocalAddress()
            && !address.isLoopbackAddress()
            && !address.isMulticastAddress()
            && !address.getHostAddress().equals("255.255.255.255");
    return one && whole ? Optional.of(new GuestAddress(address)) : Optional.empty();
  }

  /** {@return whether it is one of IPv6} */
  public boolean isIpv6() {
    return address instanceof Inet6Address;
  }

  @Override
  public String toString() {
    return address.getHostAddress();
  }
}
