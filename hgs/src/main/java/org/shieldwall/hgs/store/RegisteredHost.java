package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.Locale;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.tpm.Bytes;

/**
 * A host that the administrator registered.
 *
 * @param name its name, unique
 * @param mode how it attests: {@link AttestationMode#TPM} or {@link AttestationMode#HOST_KEY}
 * @param ek SHA-256 of the SubjectPublicKeyInfo of its endorsement key, or of its host key,
 *     hexadecimal, unique
 * @param ekPublic the endorsement key, TPM2B_PUBLIC; or the host key, SubjectPublicKeyInfo
 * @param identity the identity document that was registered, as it was
 * @param state whether it may attest
 * @param added when it was first registered
 * @param changed when its state last changed
 */
public record RegisteredHost(
    String name,
    AttestationMode mode,
    String ek,
    Bytes ekPublic,
    String identity,
    State state,
    Instant added,
    Instant changed) {

  /** Whether a host may attest. */
  public enum State {
    /** It may. */
    REGISTERED,
    /** It may not; its name and key stay bound to each other. */
    REMOVED;

    String code() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State of(String code) {
      return valueOf(code.toUpperCase(Locale.ROOT));
    }
  }

  /** {@return whether it may attest} */
  public boolean isRegistered() {
    return state == State.REGISTERED;
  }

  /**
   * {@return whether a certificate of that moment counts}: none from before a removal ever does.
   */
  public boolean isRegisteredSince(Instant issued) {
    return isRegistered() && (changed.equals(added) || !issued.isBefore(changed));
  }
}
