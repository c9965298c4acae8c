package org.shieldwall.hgs.endorsement;

import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.store.Settings;

/**
 * What the service asks of a host's endorsement key. It holds for registering and for attesting, so
 * that it holds at once for the hosts that are there.
 *
 * <p>The default is {@link #KEY}: an administrator who registers an identity knows whose machine it
 * came from, many TPMs have no certificate (virtual ones, and some whose maker gives them none),
 * and a makers' list that nobody chose would trust for people what they have not looked at.
 */
public enum Requirement {
  /** The key that the administrator registered will do. */
  KEY,
  /** A certificate that leads to a trusted maker, in time or not. */
  CERTIFICATE,
  /** A certificate that leads to a trusted maker, every one on the way in time. */
  CERTIFICATE_IN_TIME;

  private static final String SETTING = "endorsement";

  /** {@return its name, e.g. {@code certificate-in-time}} */
  public String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return the requirement of this name} */
  public static Optional<Requirement> of(String code) {
    return Arrays.stream(values()).filter(each -> each.code().equals(code)).findFirst();
  }

  /** {@return what the service asks for now} */
  public static Requirement current(Handle handle) {
    return Settings.get(handle, SETTING)
        .map(code ->
            of(code)
                .orElseThrow(() ->
                    new IllegalStateException("the store asks for an unknown '" + code + "'")))
        .orElse(KEY);
  }

  /** Asks for this from now on, in the caller's writing transaction. */
  public void store(Handle writing, Instant now) {
    Settings.set(writing, SETTING, code(), now);
  }

  boolean needsCertificate() {
    return this != KEY;
  }

  boolean refusesOutOfTime() {
    return this == CERTIFICATE_IN_TIME;
  }
}
