package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
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
 * @param reason what the administrator said of the state; may be empty
 * @param labels groups it belongs to, ascending; they decide its policy
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
    String reason,
    List<String> labels,
    Instant added,
    Instant changed) {

  /** Keeps its own copy of the list. */
  public RegisteredHost {
    labels = List.copyOf(labels);
  }

  /** A host without labels of whose state nothing was said. */
  public RegisteredHost(
      String name,
      AttestationMode mode,
      String ek,
      Bytes ekPublic,
      String identity,
      State state,
      Instant added,
      Instant changed) {
    this(name, mode, ek, ekPublic, identity, state, "", List.of(), added, changed);
  }

  /** Whether a host may attest. */
  public enum State {
    /** It may. */
    REGISTERED,
    /** It may not for now; its evidence is looked at no more than a stranger's. */
    QUARANTINED,
    /** It may not: its machine is not trusted any more. */
    REVOKED,
    /** It may not; its name and key stay bound to each other. */
    REMOVED;

    /** {@return the name in the store, in JSON and for people} */
    public String code() {
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
   * {@return whether a certificate of that moment counts}: none from before a change of state ever
   * does.
   */
  public boolean isRegisteredSince(Instant issued) {
    return isRegistered() && (changed.equals(added) || !issued.isBefore(changed));
  }
}
