package org.shieldwall.hgs.keys;

import java.util.ArrayList;
import java.util.List;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.OwnerPolicy.Violation;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.ReportedFinding;

/** What a release can be refused for, in words. */
final class ReleaseFindings {
  private static final String OWNER_SIGNS_ANEW =
      "the owner signs a new grant: shieldwall owner data new";

  private ReleaseFindings() {}

  static ReportedFinding finding(
      String code, String title, String expected, String found, String why, String remedy) {
    return new ReportedFinding(code, title, expected, found, why, remedy, "findings.md#" + code);
  }

  static ReportedFinding certificate(String reason) {
    return finding(
        "certificate-not-good",
        "the health certificate does not count",
        "a certificate of this service, in time",
        reason,
        "keys go only to hosts that have just proved themselves",
        "shieldwall host attest");
  }

  static ReportedFinding hostRemoved(String host) {
    return finding(
        "host-removed",
        "the host is not registered, or was removed since it attested",
        "a host that has been registered since before it attested",
        "host " + host + " has been removed",
        "its certificate was withdrawn with its registration",
        "shieldwall hgs host add, and then on the host: shieldwall host attest");
  }

  static ReportedFinding replayed() {
    return finding(
        "request-replayed",
        "this request has been answered before",
        "a request with a new nonce",
        "one that was used",
        "an old request must not open a VM again",
        "start the VM again: its enclave makes a new request");
  }

  static ReportedFinding superseded(long presented, long newest) {
    return finding(
        "generation-superseded",
        "this copy of the VM is out of date",
        "generation " + newest + ", or the one it was made from",
        "generation " + presented + ", or another copy of a newer one",
        "an old or a second copy of a VM would undo what the VM has done since",
        "start the newest copy; if it is lost, only the owner can grant a start from an older one");
  }

  static ReportedFinding unknownVm(long presented) {
    return finding(
        "vm-not-known",
        "this service has not seen this VM before",
        "a VM provisioned here, or its first generation signed by its owner",
        "generation " + presented,
        "nothing shows that this copy is the newest",
        "start it in the fabric whose Host Guardian Service provisioned it");
  }

  static ReportedFinding protector(ProtectorException refusal) {
    return finding(
        refusal.code().id(),
        refusal.code().title(),
        "a key protector and a request that hold",
        refusal.detail(),
        "what is altered, foreign or incomplete opens nothing",
        remedy(refusal.code()));
  }

  private static String remedy(Code code) {
    return switch (code) {
      case UNKNOWN_GUARDIAN ->
          "the owner grants this service's guardian: shieldwall hgs guardian show";
      case EXPIRED -> OWNER_SIGNS_ANEW;
      case FOREIGN_SIGNATURE, ENCLAVE_MISMATCH, PROTECTOR_MISMATCH, NOT_REQUESTED ->
          "attest again and start the VM again: shieldwall host attest";
      default -> "take the VM's protector from its newest state folder or from a backup";
    };
  }

  static List<ReportedFinding> policy(
      List<Violation> violations, OwnerPolicy policy, HealthClaims claims) {
    List<ReportedFinding> findings = new ArrayList<>();
    for (Violation violation : violations) {
      findings.add(policy(violation, policy, claims));
    }
    return findings;
  }

  private static ReportedFinding policy(
      Violation violation, OwnerPolicy policy, HealthClaims claims) {
    String why = "the VM's owner decides where it may run";
    return switch (violation) {
      case ASSURANCE ->
          finding(
              "owner-assurance",
              "the owner asks for a stronger proof",
              policy.minimumAssurance().id(),
              claims.assurance(),
              why,
              OWNER_SIGNS_ANEW);
      case BASELINES ->
          finding(
              "owner-baselines",
              "the owner asks for other boot baselines",
              String.join(", ", policy.requiredBaselines()),
              claims.baselines().isEmpty() ? "none" : String.join(", ", claims.baselines()),
              why,
              "boot the host as that baseline describes, or: " + OWNER_SIGNS_ANEW);
      case HOST ->
          finding(
              "owner-host",
              "the owner asks for other hosts",
              String.join(", ", policy.requiredHosts()),
              claims.host(),
              why,
              "start the VM on one of those hosts");
      case EXPIRED ->
          finding(
              "expired",
              "the owner's grant has expired",
              "a start before " + policy.expires().map(Object::toString).orElse("its end"),
              "a start after it",
              why,
              OWNER_SIGNS_ANEW);
    };
  }
}
