package org.shieldwall.hgs.attestation;

import org.shieldwall.protocol.ReportedFinding;

/** What the modes without a TPM's evidence can be refused for, in words. */
final class ProofFindings {
  private ProofFindings() {}

  private static ReportedFinding finding(
      String code, String title, String expected, String found, String why, String remedy) {
    return new ReportedFinding(code, title, expected, found, why, remedy, "findings.md#" + code);
  }

  static ReportedFinding keyNotRegistered(String key, boolean removed) {
    return finding(
        "host-key-not-registered",
        removed ? "The host of this key was removed" : "No host has this key",
        "a registered host key",
        "one with digest " + key,
        "Only hosts that the administrator of this service chose may attest.",
        "shieldwall hgs host add --key FILE --name NAME");
  }

  static ReportedFinding hostKeySignature(String key) {
    return finding(
        "host-key-signature-invalid",
        "The answer is not signed by the registered key",
        "a signature over this challenge and this enclave by the key with digest " + key,
        "one that does not verify",
        "Whoever answers does not hold the key, or signed something else with it.",
        "shieldwall host key show, on the host, and compare the digests");
  }
}
