package org.shieldwall.hgs.attestation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.protocol.ReportedFinding;

/**
 * What attestation can be refused for, in words: the verifier's findings and the challenge's own.
 */
final class AttestationFindings {
  /** A log with a million wrong events is as wrong as one with this many. */
  private static final int MAX_FINDINGS = 100;

  private static final int MAX_TEXT = 1000;
  private static final String ATTEST_AGAIN = "shieldwall host attest";

  private AttestationFindings() {}

  static List<ReportedFinding> reported(List<Finding> findings) {
    return findings.stream().limit(MAX_FINDINGS).map(AttestationFindings::reported).toList();
  }

  private static ReportedFinding reported(Finding finding) {
    FindingCode code = finding.code();
    return new ReportedFinding(
        code.code(),
        printable(code.title() + ": " + finding.detail()),
        printable(finding.expected()),
        printable(finding.found()),
        code.why(),
        code.remedy(),
        code.anchor());
  }

  /** What a host sent may end on an administrator's terminal: nothing that steers one. */
  private static String printable(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .limit(MAX_TEXT)
        .map(character -> isPrintable(character) ? character : '?')
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }

  private static boolean isPrintable(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /**
   * {@return why this key's host may not attest}
   *
   * @param state the state of the host that has the key; nothing if none has
   */
  static List<ReportedFinding> notAdmitted(String ek, Optional<State> state) {
    if (state.filter(each -> each == State.QUARANTINED).isPresent()) {
      return List.of(
          heldBack(
              "host-quarantined",
              "The host is quarantined",
              "Whoever runs the service has stopped releases to it for now.",
              "ask them; they lift it with shieldwall hgs host restore HOST",
              "findings.md#host-quarantined"));
    }
    if (state.filter(each -> each == State.REVOKED).isPresent()) {
      return List.of(
          heldBack(
              "host-revoked",
              "The host is revoked",
              "Whoever runs the service does not trust its machine any more.",
              "ask them; they take it in again with shieldwall hgs host add",
              "findings.md#host-revoked"));
    }
    return reported(
        List.of(
            new Finding(
                FindingCode.EK_NOT_REGISTERED,
                state.isPresent() ? "the host was removed" : "no host has this endorsement key",
                "a registered endorsement key",
                "one with digest " + ek)));
  }

  private static ReportedFinding heldBack(
      String code, String title, String why, String remedy, String anchor) {
    return new ReportedFinding(code, title, "a host that may attest", title, why, remedy, anchor);
  }

  static List<ReportedFinding> modeOff(String mode) {
    return List.of(
        new ReportedFinding(
            "mode-not-enabled",
            "This service does not attest in this mode",
            "a mode that its administrator has switched on",
            mode,
            "Each mode of attestation is switched on by itself; a weaker proof counts nowhere by default.",
            "shieldwall hgs mode enable " + mode,
            "findings.md#mode-not-enabled"));
  }

  static List<ReportedFinding> unacceptableKey(List<String> flaws) {
    List<Finding> findings = new ArrayList<>();
    for (String flaw : flaws) {
      findings.add(
          new Finding(
              FindingCode.AK_UNACCEPTABLE,
              flaw,
              "a restricted signing key that its TPM made and that cannot leave it",
              "a key with other attributes"));
    }
    return reported(findings);
  }

  static ReportedFinding token(String expected, String found) {
    return new ReportedFinding(
        "token-not-good",
        "The challenge cannot be answered with this",
        expected,
        found,
        "Each challenge is answered once, in time: evidence sent again proves nothing about now.",
        ATTEST_AGAIN,
        "findings.md#token-not-good");
  }

  static ReportedFinding replayed() {
    return new ReportedFinding(
        "token-spent",
        "This challenge has been answered before",
        "a challenge that was not used",
        "one that was",
        "Each challenge is answered once: evidence sent again proves nothing about now.",
        ATTEST_AGAIN,
        "findings.md#token-spent");
  }

  static ReportedFinding notActivated() {
    return new ReportedFinding(
        "credential-not-activated",
        "The attestation key is not in the registered TPM",
        "the secret that only the TPM with both keys can open",
        "another",
        "The key that signs may be in any TPM, or in a program.",
        "shieldwall host init",
        "findings.md#credential-not-activated");
  }

  static ReportedFinding changed(String what) {
    return new ReportedFinding(
        "challenge-for-another-key",
        "The challenge was made for another " + what,
        "the " + what + " that asked for the challenge",
        "another",
        "The challenge binds the keys that it was asked for.",
        ATTEST_AGAIN,
        "findings.md#challenge-for-another-key");
  }

  static ReportedFinding offsetStale(String expected, String found) {
    return new ReportedFinding(
        "ima-offset-stale",
        "The entries accepted before cannot be built on",
        expected,
        found,
        "What was accepted of another boot, before a resume or under other rules says nothing now.",
        ATTEST_AGAIN,
        "findings.md#ima-offset-stale");
  }
}
