package org.shieldwall.tpm.command;

import java.util.Arrays;

/**
 * How a command is allowed to use an entity (Part 1, section 19). Neither kind shows what it holds:
 * an authorization value is a secret.
 */
public sealed interface Authorization {
  /** {@return the empty authorization value: what hierarchies and our own keys have} */
  static Authorization none() {
    return new Password(new byte[0]);
  }

  /** {@return an authorization value sent as it is: for a TPM on a channel nobody else can read} */
  static Authorization password(byte[] value) {
    return new Password(value);
  }

  /**
   * {@return a session that proves knowledge of an authorization value without sending it} For a
   * policy session the value counts only after {@link TpmSession#policyAuthValue}.
   */
  static Authorization session(TpmSession session, byte[] value) {
    return new InSession(session, value);
  }

  /** {@return a policy session that needs no authorization value} */
  static Authorization session(TpmSession session) {
    return new InSession(session, new byte[0]);
  }

  /** An authorization value in plain. */
  final class Password implements Authorization {
    private final byte[] value;

    Password(byte[] value) {
      this.value = value.clone();
    }

    byte[] value() {
      return value;
    }
  }

  /** An HMAC or policy session. */
  final class InSession implements Authorization {
    private final TpmSession session;
    private final byte[] value;

    InSession(TpmSession session, byte[] value) {
      this.session = session;
      int length = value.length;
      // Part 1, section 19.6.4.3: trailing zeros are no part of an authorization value.
      while (length > 0 && value[length - 1] == 0) {
        length--;
      }
      this.value = Arrays.copyOf(value, length);
    }

    TpmSession session() {
      return session;
    }

    byte[] value() {
      return value;
    }
  }
}
