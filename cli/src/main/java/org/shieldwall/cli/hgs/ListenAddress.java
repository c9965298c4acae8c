package org.shieldwall.cli.hgs;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.cli.Failure;

/**
 * Where to listen.
 *
 * @param address host name, IPv4 or IPv6 address
 * @param port 0 to 65535; 0 takes any free one
 */
record ListenAddress(String address, int port) {
  private static final Pattern FORM =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([^:\\[\\]]+)):(\\d{1,5})");

  static ListenAddress parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches() || Integer.parseInt(form.group(3)) > 65_535) {
      throw new Failure(
          "\"" + text + "\" is no address and port",
          "write 127.0.0.1:8443 or [::]:8443",
          Failure.MALFORMED);
    }
    String address = form.group(1) == null ? form.group(2) : form.group(1);
    return new ListenAddress(address, Integer.parseInt(form.group(3)));
  }

  /** {@return the address as a name to be reached by, unless it stands for all of them} */
  Optional<String> name() {
    return address.equals("::") || address.equals("0.0.0.0")
        ? Optional.empty()
        : Optional.of(address);
  }
}
