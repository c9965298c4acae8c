package org.shieldwall.hgs.keys;

import java.util.ArrayList;
import java.util.List;
import org.shieldwall.hgs.keys.CertificateGrounds.Gone;
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

  /** What has gone from under a certificate, and who can put it back. */
  static ReportedFinding gone(Gone gone, HealthClaims claims) {
    String host = "host " + claims.host();
    return switch (gone) {
      case MODE ->
          finding(
              "mode-not-enabled",
              "this mode of attestation was switched off",
              "a mode that is on",
              claims.mode(),
              "a proof that is not asked for any more releases nothing",
              "shieldwall hgs mode enable " + claims.mode() + ", if that is meant");
      case HOST_QUARANTINED ->
          finding(
              "host-quarantined",
              "the host is quarantined",
              "a host that may attest",
              host + ", quarantined",
              "whoever runs the service has stopped releases to it for now",
              "ask them; they lift it with shieldwall hgs host restore " + claims.host());
      case HOST_REVOKED ->
          finding(
              "host-revoked",
              "the host is revoked",
              "a host that may attest",
              host + ", revoked",
              "whoever runs the service does not trust its machine any more",
              "ask them; they take it in again with shieldwall hgs host add");
      case HOST_REMOVED ->
          finding(
              "host-removed",
              "the host is not registered any more",
              "a registered host",
              host + ", removed",
              "its certificate was withdrawn with its registration",
              "shieldwall hgs host add, and then on the host: shieldwall host attest");
      case GROUP ->
          finding(
              "group-removed",
              "the group that the host attested by is not registered any more",
              "a registered group of the directory",
              claims.group(),
              "its members' certificates were withdrawn with it",
              "shieldwall hgs group add, and then on the host: shieldwall host attest");
      case BASELINES ->
          finding(
              "baseline-withdrawn",
              "the boot is one that is not accepted any more",
              "a baseline that counts, and has since the host attested",
              String.join(", ", claims.baselines()),
              "what the host booted was accepted when it attested, and is no longer",
              "boot what is accepted now, and then on the host: shieldwall host attest");
      case INTERRUPTED ->
          finding(
              "certificate-withdrawn",
              "the certificate is from before the host's standing changed",
              "a certificate from since then",
              "an older one of " + host,
              "a certificate that was withdrawn once never counts again",
              "shieldwall host attest");
    };
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
      List<Violation> violations, OwnerPolicy policy, HealthClaims claims, List<String> baselines) {
    List<ReportedFinding> findings = new ArrayList<>();
    for (Violation violation : violations) {
      findings.add(policy(violation, policy, claims, baselines));
    }
    return findings;
  }

  private static ReportedFinding policy(
      Violation violation, OwnerPolicy policy, HealthClaims claims, List<String> baselines) {
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
              baselines.isEmpty() ? "none" : String.join(", ", baselines),
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
