package org.shieldwall.host.migrate;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an agent takes VMs from others.
 *
 * @param host a name or an address; an IPv6 address without its brackets
 */
public record PeerAddress(String host, int port) {
  /** What it looks like. */
  public static final String SHAPE = "HOST:PORT, like 192.0.2.7:8445 or [2001:db8::7]:8445";

  private static final Pattern TEXT =
      Pattern.compile("(?:\\[([0-9a-fA-F:.]{2,45})\\]|([A-Za-z0-9.-]{1,253})):([1-9][0-9]{0,4})");

  /** {@return the address in {@code text}}; empty if it is none */
  public static Optional<PeerAddress> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > 65_535) {
      return Optional.empty();
    }
    String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    return Optional.of(new PeerAddress(host, Integer.parseInt(matcher.group(3))));
  }

  /** {@return for connecting or listening} */
  InetSocketAddress socketAddress() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
