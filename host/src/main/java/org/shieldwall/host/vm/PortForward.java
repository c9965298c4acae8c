package org.shieldwall.host.vm;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A TCP port of this host that leads to one of the guest.
 *
 * @param address IPv4 address of this host to listen on
 */
public record PortForward(String address, int hostPort, int guestPort) {
  /** How one is written. */
  public static final String SHAPE = "ADDRESS:PORT:GUEST-PORT, e.g. 127.0.0.1:8080:80";

  /** Most forwards of one VM. */
  public static final int MAX = 32;

  private static final Pattern TEXT =
      Pattern.compile("(\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}):(\\d{1,5}):(\\d{1,5})");

  /** {@return the forward that {@code text} means, if it means one} */
  public static Optional<PortForward> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    for (String part : matcher.group(1).split("\\.", -1)) {
      if (Integer.parseInt(part) > 255) {
        return Optional.empty();
      }
    }
    int host = Integer.parseInt(matcher.group(2));
    int guest = Integer.parseInt(matcher.group(3));
    return isPort(host) && isPort(guest)
        ? Optional.of(new PortForward(matcher.group(1), host, guest))
        : Optional.empty();
  }

  private static boolean isPort(int number) {
    return number > 0 && number < 65536;
  }

  @Override
  public String toString() {
    return address + ":" + hostPort + ":" + guestPort;
  }
}
