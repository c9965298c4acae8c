package org.shieldwall.cli.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.cli.trace.Trace.Conclusion;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.Outcome;
import tools.jackson.databind.JsonNode;

/** A refusal explains itself: every node that is not green says everything a reader needs. */
class TraceOutputTest {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root", ".."));
  private static final Instant AT = Instant.parse("2026-01-31T12:00:00Z");

  private static Trace trace(List<CheckResult> checks, Map<Check, Instant> exceptions) {
    return new Trace(
        "rack1",
        AT,
        "tpm",
        new Trace.PolicyName("compute", 3),
        Conclusion.of(checks),
        checks,
        exceptions,
        List.of("This is a capture."));
  }

  private static CheckResult failed(Check check, FindingCode... codes) {
    List<Finding> findings = new ArrayList<>();
    for (FindingCode code : codes) {
      findings.add(
          new Finding(code, "detail of " + code.code(), "e-" + code.code(), "f-" + code.code()));
    }
    return CheckResult.fail(check, findings);
  }

  private static List<CheckResult> oneOfEach() {
    return List.of(
        CheckResult.pass(Check.EK_REGISTERED, "a registered key", "rack1"),
        failed(Check.SECURE_BOOT, FindingCode.SECURE_BOOT_OFF),
        failed(
            Check.BOOT_BASELINE,
            FindingCode.BOOT_BASELINE_MISMATCH,
            FindingCode.BOOT_BASELINE_MISSING),
        CheckResult.notChecked(Check.FULL_BOOT, "a full boot", "no quote"),
        CheckResult.off(Check.IOMMU),
        CheckResult.off(Check.NO_HIBERNATION),
        CheckResult.off(Check.KERNEL_LOCKDOWN));
  }

  @Test
  void givenOneOfEachOutcomeWhenShownThenTheTreeExplainsWhatIsNotGreen() {
    String text = TraceOutput.text(trace(oneOfEach(), Map.of(Check.KERNEL_LOCKDOWN, AT)), false);
    assertThat(text)
        .isEqualTo(
            """
            rack1: refused under policy compute, version 3 (mode tpm, evidence of 2026-01-31T12:00:00Z)
            ├─ ✓ Who it is, and what its TPM signed
            │  └─ ✓ ek-registered: The TPM is registered (rack1)
            ├─ ✗ What it booted
            │  ├─ ✗ secure-boot: Secure Boot was on: this failed
            │  │    secure-boot-off: detail of secure-boot-off
            │  │      expected  e-secure-boot-off
            │  │      found     f-secure-boot-off
            │  │      why       With it off, any program can have been booted.
            │  │      mend it   %s
            │  │      see       docs/policy.md#secure-boot, docs/findings.md#secure-boot-off
            │  ├─ ✗ boot-baseline: The boot is one of the accepted baselines: this failed
            │  │    boot-baseline-mismatch: detail of boot-baseline-mismatch
            │  │      expected  e-boot-baseline-mismatch
            │  │      found     f-boot-baseline-mismatch
            │  │    boot-baseline-missing: detail of boot-baseline-missing
            │  │      expected  e-boot-baseline-missing
            │  │      found     f-boot-baseline-missing
            │  │      why       Without one, any signed boot loader and kernel would do.
            │  │      mend it   %s
            │  │      see       docs/policy.md#boot-baseline, docs/findings.md#boot-baseline-mismatch, docs/findings.md#boot-baseline-missing
            │  └─ ? full-boot: The host booted fully, and did not resume: this was not checked
            │         expected  a full boot
            │         found     no quote
            │         why       After a resume, memory holds what it held before, measured or not.
            │         mend it   mend what failed before it: this check rests on that
            │         see       docs/policy.md#full-boot
            └─ – What its kernel permits
               ├─ – kernel-lockdown: excepted until 2026-01-31T12:00:00Z
               └─ – not asked for: iommu, no-hibernation
            note: This is a capture.
            """
                .formatted(
                    FindingCode.SECURE_BOOT_OFF.remedy(),
                    FindingCode.BOOT_BASELINE_MISMATCH.remedy()));
  }

  @Test
  void givenAPlainTerminalWhenShownThenThereIsNothingButAscii() {
    String text = TraceOutput.text(trace(oneOfEach(), Map.of()), true);
    assertThat(text).matches("(?s)[\\x20-\\x7e\\n]*").contains("FAIL secure-boot", "ok   ek-reg");
  }

  @Test
  void givenATraceWhenWrittenForMachinesThenEachCheckHasEveryMember() {
    JsonNode json =
        TraceOutput.json(trace(oneOfEach(), Map.of(Check.KERNEL_LOCKDOWN, AT, Check.IOMMU, AT)));
    assertThat(json.path("format").asString()).isEqualTo("shieldwall-trace-1");
    assertThat(json.path("verdict").asString()).isEqualTo("refused");
    assertThat(json.path("checks")).hasSize(7);
    assertThat(json.at("/checks/1/findings/0/anchor").asString())
        .isEqualTo("docs/findings.md#secure-boot-off");
    assertThat(json.at("/checks/0/exceptedUntil").isNull()).isTrue();
    assertThat(json.at("/checks/6/exceptedUntil").asString()).isEqualTo(AT.toString());
    assertThat(json.at("/checks/3/outcome").asString()).isEqualTo("not-checked");
  }

  @Test
  void givenNothingFailedAndSomethingUncheckedThenTheTraceIsNoHealth() {
    CheckResult pass = CheckResult.pass(Check.SECURE_BOOT, "on", "on");
    CheckResult unchecked = CheckResult.notChecked(Check.FULL_BOOT, "a", "b");
    assertThat(Conclusion.of(List.of(pass))).isEqualTo(Conclusion.HEALTHY);
    assertThat(Conclusion.of(List.of(pass, unchecked))).isEqualTo(Conclusion.UNDECIDED);
    assertThat(Conclusion.of(oneOfEach())).isEqualTo(Conclusion.REFUSED);
  }

  @ParameterizedTest
  @EnumSource
  void givenAnyFindingWhenShownThenNothingIsMissingAndItsAnchorIsOnItsPage(FindingCode code)
      throws IOException {
    JsonNode node =
        TraceOutput.json(trace(List.of(failed(Check.QUOTE, code)), Map.of())).at("/checks/0");
    for (String part : List.of("expected", "found", "why", "remedy", "anchor")) {
      assertThat(node.path(part).asString()).as(part).isNotBlank();
      assertThat(node.at("/findings/0").path(part).asString()).as(part).isNotBlank();
    }
    requireAnchor(node.at("/findings/0/anchor").asString());
  }

  @ParameterizedTest
  @EnumSource
  void givenAnyCheckWhenShownThenItHasABranchAndItsAnchorIsOnItsPage(Check check)
      throws IOException {
    assertThat(Subject.of(check).title()).isNotBlank();
    for (Outcome outcome : Outcome.values()) {
      CheckResult result =
          switch (outcome) {
            case PASS -> CheckResult.pass(check, "expected", "found");
            case FAIL -> failed(check, FindingCode.EVIDENCE_MISSING);
            case NOT_CHECKED -> CheckResult.notChecked(check, "expected", "found");
            case OFF -> CheckResult.off(check);
          };
      JsonNode node = TraceOutput.json(trace(List.of(result), Map.of())).at("/checks/0");
      assertThat(node.path("why").asString()).isNotBlank();
      assertThat(node.path("remedy").asString().isBlank())
          .isEqualTo(outcome == Outcome.PASS || outcome == Outcome.OFF);
      requireAnchor(node.path("anchor").asString());
    }
  }

  private static void requireAnchor(String anchor) throws IOException {
    String[] parts = anchor.split("#", -1);
    Set<String> headings =
        Files.readAllLines(ROOT.resolve(parts[0])).stream()
            .filter(line -> line.startsWith("#"))
            .map(line -> line.replaceAll("[#` ]", ""))
            .collect(Collectors.toSet());
    assertThat(headings).as(anchor).contains(parts[1]);
  }
}
