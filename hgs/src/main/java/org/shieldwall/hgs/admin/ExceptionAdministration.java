package org.shieldwall.hgs.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.evidence.Check;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.store.ExceptionRegister;
import org.shieldwall.hgs.store.ExceptionRegister.CheckException;

/** Lets one host off one check, for a while. */
public final class ExceptionAdministration {
  /** The longest that an exception may last. */
  public static final Duration LONGEST = Duration.ofDays(366);

  private static final int LONGEST_REASON = 500;

  private final Recorder recorder;

  ExceptionAdministration(Recorder recorder) {
    this.recorder = recorder;
  }

  /**
   * Makes an exception, in place of one that the host has for the check.
   *
   * @throws HgsException if there is no such host or check, the check is always made, or no reason
   *     is given
   */
  public CheckException except(String host, String check, Duration length, String why)
      throws HgsException {
    requireSwitchable(check);
    if (why.isBlank() || why.length() > LONGEST_REASON) {
      throw new HgsException(
          "an exception needs a reason, of " + LONGEST_REASON + " characters at most",
          "--why \"waits for firmware 2.4\"");
    }
    if (length.isNegative() || length.isZero() || length.compareTo(LONGEST) > 0) {
      throw new HgsException(
          "an exception lasts a year at most", "--expires 14d; make it again when it is over");
    }
    Instant now = recorder.now();
    CheckException exception = new CheckException(host, check, now.plus(length), why, now);
    boolean done =
        recorder
            .database()
            .write(writing -> {
              if (HostAdministration.registered(writing, host).isEmpty()) {
                return false;
              }
              ExceptionRegister.put(writing, exception);
              recorder.record(
                  writing,
                  AuditKind.EXCEPTION_MADE,
                  HostAdministration.subject(host),
                  Map.of("check", check, "expires", exception.expires().toString(), "why", why));
              return true;
            });
    if (!done) {
      throw HostAdministration.noHost(host);
    }
    return exception;
  }

  private static void requireSwitchable(String label) throws HgsException {
    Optional<Check> check = Check.ofLabel(label);
    if (check.isEmpty()) {
      throw new HgsException("there is no check " + label, "shieldwall hgs policy show default");
    }
    if (!check.get().canBeSwitched()) {
      throw new HgsException(
          "the check " + label + " is always made; there are no exceptions from it",
          "shieldwall hgs trace HOST says what is wrong and what mends it");
    }
  }

  /** {@return whether the host had such an exception} */
  public boolean end(String host, String check) {
    return recorder
        .database()
        .write(writing -> {
          boolean had = ExceptionRegister.remove(writing, host, check);
          if (had) {
            recorder.record(
                writing,
                AuditKind.EXCEPTION_ENDED,
                HostAdministration.subject(host),
                Map.of("check", check));
          }
          return had;
        });
  }

  /** {@return every exception, expired ones too, by host and check} */
  public List<CheckException> list() {
    return recorder.database().read(ExceptionRegister::all);
  }
}
