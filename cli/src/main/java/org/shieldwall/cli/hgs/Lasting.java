package org.shieldwall.cli.hgs;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.cli.Failure;

/** Times as administrators type and read them: {@code 14d}, {@code 12h}, {@code 30m}. */
final class Lasting {
  private static final Pattern TEXT = Pattern.compile("([1-9]\\d{0,4})([mhd])");

  private Lasting() {}

  static Duration parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new Failure(
          "\"" + text + "\" is no length of time",
          "write minutes, hours or days: 30m, 12h, 14d",
          Failure.MALFORMED);
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  /** {@return when such a time from now is over, in the seconds that the store keeps} */
  static Instant until(String text) {
    return Instant.now().plus(parse(text)).truncatedTo(ChronoUnit.SECONDS);
  }

  /** {@return how long ago it was, e.g. {@code 3 h}} */
  static String ago(Instant then, Instant now) {
    Duration age = Duration.between(then, now);
    if (age.isNegative()) {
      return "0 s";
    }
    if (age.toMinutes() < 1) {
      return age.toSeconds() + " s";
    }
    if (age.toHours() < 1) {
      return age.toMinutes() + " min";
    }
    return age.toDays() < 2 ? age.toHours() + " h" : age.toDays() + " d";
  }
}
