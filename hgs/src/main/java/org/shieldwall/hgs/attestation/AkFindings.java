package org.shieldwall.hgs.attestation;

import java.time.Instant;
import org.shieldwall.protocol.ReportedFinding;

/** Why a certificate of an attestation key does not count, in words. */
final class AkFindings {
  /** The host leaves it out of its next request; its agent does so by itself. */
  private static final String ATTEST_AGAIN = "shieldwall host attest";

  private AkFindings() {}

  private static ReportedFinding finding(
      String code, String title, String expected, String found, String why) {
    return new ReportedFinding(
        code, title, expected, found, why, ATTEST_AGAIN, "findings.md#" + code);
  }

  static ReportedFinding notGood(String reason) {
    return finding(
        "ak-certificate-not-good",
        "The certificate of the attestation key is not one of this service",
        "a certificate that this service issued for an attestation key",
        reason,
        "Only this service knows which keys it has seen activated in which TPM.");
  }

  static ReportedFinding expired(Instant expires, Instant now) {
    return finding(
        "ak-certificate-expired",
        "The certificate of the attestation key has run out",
        "one that is valid at " + now,
        "one until " + expires,
        "From time to time the key has to show anew that it lies in the registered TPM.");
  }

  static ReportedFinding revoked() {
    return finding(
        "ak-certificate-revoked",
        "The certificate of the attestation key counts no more",
        "the newest certificate of a host that was not removed or revoked since",
        "one that was revoked, or replaced",
        "The key has to show anew that it lies in the registered TPM.");
  }

  static ReportedFinding otherHost(String host, String other) {
    return finding(
        "ak-certificate-of-another-host",
        "The certificate of the attestation key is another host's",
        "one of host " + host,
        "one of host " + other,
        "Each key was seen in one TPM, and proves nothing about another.");
  }

  static ReportedFinding otherKey() {
    return finding(
        "ak-certificate-of-another-key",
        "The certificate is of another attestation key",
        "one of the key that will sign",
        "one of another key",
        "Whoever has another key may have it anywhere.");
  }
}
