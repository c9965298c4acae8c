package org.shieldwall.hgs.audit;

/** What an audit record tells of. */
public enum AuditKind {
  /** The service was set up. */
  INITIALISED("initialised"),
  /** A host was registered, or registered again after its removal. */
  HOST_ADDED("host-added"),
  /** A host was removed: it attests no more and its certificates no longer release keys. */
  HOST_REMOVED("host-removed"),
  /** A boot baseline was accepted. */
  BASELINE_ADDED("baseline-added"),
  /** A boot baseline was withdrawn. */
  BASELINE_REMOVED("baseline-removed"),
  /** A host proved itself and has a health certificate. */
  ATTESTED("attested"),
  /** A host's evidence, or its request for a challenge, was refused. */
  ATTESTATION_REFUSED("attestation-refused"),
  /** Keys of a VM went to an enclave. */
  RELEASED("released"),
  /** Keys of a VM were asked for and refused. */
  RELEASE_REFUSED("release-refused");

  private final String code;

  AuditKind(String code) {
    this.code = code;
  }

  /** {@return its name in the record} */
  public String code() {
    return code;
  }
}
