package org.shieldwall.hgs.audit;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * What an audit record tells of. Each has a number that never changes and is never used again
 * (docs/audit.md): SW10 is the service, SW11 hosts, SW12 policies and baselines, SW13 attestation,
 * SW14 releases, SW15 leases and those who can break them.
 */
public enum AuditKind {
  /** The service was set up. */
  INITIALISED(1001, "initialised"),
  /** The administrator took the machine's clock for right although the record was ahead of it. */
  CLOCK_ACCEPTED(1002, "clock-accepted"),
  /** A host was registered, or registered again after its removal. */
  HOST_ADDED(1101, "host-added"),
  /** A host was removed: it attests no more and its certificates no longer release keys. */
  HOST_REMOVED(1102, "host-removed"),
  /** A host may not attest for now, and its certificates no longer release keys. */
  HOST_QUARANTINED(1103, "host-quarantined"),
  /** A host that was quarantined may attest again. */
  HOST_RESTORED(1104, "host-restored"),
  /** A host's machine is not trusted any more. */
  HOST_REVOKED(1105, "host-revoked"),
  /** A host has other labels, and with them perhaps another policy. */
  HOST_LABELLED(1106, "host-labelled"),
  /** A host need not pass a check until a date. */
  EXCEPTION_MADE(1107, "exception-made"),
  /** A host has to pass a check again before that date. */
  EXCEPTION_ENDED(1108, "exception-ended"),
  /** What is known of a registered host's TPM was changed: its certificate, or that it has none. */
  HOST_ENDORSEMENT_CHANGED(1109, "host-endorsement-changed"),
  /** A host's certificate of its attestation key counts no more. */
  AK_CERTIFICATE_REVOKED(1110, "ak-certificate-revoked"),
  /** A boot baseline was accepted. */
  BASELINE_ADDED(1201, "baseline-added"),
  /** A boot baseline was withdrawn. */
  BASELINE_REMOVED(1202, "baseline-removed"),
  /** A boot baseline will count until another date, or for ever. */
  BASELINE_EXPIRY_SET(1203, "baseline-expiry-set"),
  /** The boot of an unhealthy host was accepted as a baseline. */
  PENDING_APPROVED(1204, "pending-approved"),
  /** The boot of an unhealthy host was looked at and not accepted. */
  PENDING_DISMISSED(1205, "pending-dismissed"),
  /** A version of a policy was added and is in force. */
  POLICY_ADDED(1211, "policy-added"),
  /** A version of a policy was added, to be tried. */
  POLICY_STAGED(1212, "policy-staged"),
  /** The staged version of a policy is in force. */
  POLICY_ACTIVATED(1213, "policy-activated"),
  /** A policy, or the staged version of one, was removed. */
  POLICY_REMOVED(1214, "policy-removed"),
  /** The hosts with a label have a policy. */
  POLICY_ASSIGNED(1215, "policy-assigned"),
  /** The hosts with a label have the default policy again. */
  POLICY_UNASSIGNED(1216, "policy-unassigned"),
  /** A TPM maker's certificate was added. */
  TRUST_ADDED(1221, "trust-added"),
  /** A TPM maker's certificate was removed. */
  TRUST_REMOVED(1222, "trust-removed"),
  /** What the service asks of endorsement keys was changed. */
  TRUST_REQUIREMENT_CHANGED(1223, "trust-requirement-changed"),
  /** A mode of attestation was switched on. */
  MODE_ENABLED(1231, "mode-enabled"),
  /** A mode of attestation was switched off. */
  MODE_DISABLED(1232, "mode-disabled"),
  /** The members of a group of a directory may attest. */
  GROUP_ADDED(1233, "group-added"),
  /** They may no longer, and their certificates no longer release keys. */
  GROUP_REMOVED(1234, "group-removed"),
  /** A host proved itself and has a health certificate. */
  ATTESTED(1301, "attested"),
  /** A host's evidence, or its request for a challenge, was refused. */
  ATTESTATION_REFUSED(1302, "attestation-refused"),
  /** A host's attestation key was shown to lie in its TPM and has a certificate. */
  AK_CERTIFIED(1303, "ak-certified"),
  /** Keys of a VM went to an enclave. */
  RELEASED(1401, "released"),
  /** Keys of a VM were asked for and refused. */
  RELEASE_REFUSED(1402, "release-refused"),
  /** An enclave reported that a VM has ended; what it said of the state is kept. */
  LEASE_ENDED(1501, "lease-ended"),
  /** Administrators took a VM from an enclave. */
  LEASE_BROKEN(1502, "lease-broken"),
  /** What an enclave reported of a VM was refused. */
  REPORT_REFUSED(1503, "report-refused"),
  /** A VM's owner let it start from an older state. */
  RESTORED(1504, "restored"),
  /** An enclave offers a VM that it runs to another one, which may then ask for its keys. */
  VM_OFFERED(1505, "vm-offered"),
  /** An enclave has handed a VM over to the one that it was offered to. */
  LEASE_MOVED(1506, "lease-moved"),
  /** An administrator's key was registered. */
  ADMINISTRATOR_ADDED(1511, "administrator-added"),
  /** An administrator's word counts no more. */
  ADMINISTRATOR_REMOVED(1512, "administrator-removed");

  private final int number;
  private final String code;

  AuditKind(int number, String code) {
    this.number = number;
    this.code = code;
  }

  /** {@return its name in the record} */
  public String code() {
    return code;
  }

  /** {@return its number for those who watch the record, e.g. {@code SW1001}} */
  public String number() {
    return "SW" + number;
  }

  /** {@return the kind with this {@link #code}} */
  public static Optional<AuditKind> ofCode(String code) {
    return Stream.of(values()).filter(each -> each.code.equals(code)).findFirst();
  }
}
