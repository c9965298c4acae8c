package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;

/**
 * Root on a host that booted something else rewrites the log. The quote holds the digests fast, in
 * their order; types and data are the attacker's to choose.
 */
class RelabelledEventsTest {
  private static final SoftTpm TPM = SoftTpm.make(TpmAlgorithm.ECDSA, TpmHash.SHA256);
  private static final Bytes ENCLAVE = LogBuilder.digestOf("the enclave's public keys");
  private static final Bytes EXTRA_DATA = LogBuilder.digestOf("nonce and enclave");
  private static final Challenge CHALLENGE =
      new Challenge(Optional.of("rack1-host7"), EXTRA_DATA, ENCLAVE);
  private static final AttestationPolicy POLICY =
      AttestationPolicy.standard(
          "fabric",
          1,
          List.of(
              BootBaseline.capture(
                  "lab", VerifierTest.facts(LogBuilder.boot().log()), CaptureLevel.BOOT)));

  private static List<FindingCode> refusal(LogBuilder host) {
    Map<Integer, Bytes> quoted = new TreeMap<>(host.pcrs().banks().get(TpmHash.SHA256));
    quoted.keySet().retainAll(POLICY.pcrs());
    PcrValues values = PcrValues.of(TpmHash.SHA256, quoted);
    Bytes attest = TPM.quote(EXTRA_DATA, POLICY.selection(), values);
    Verdict verdict =
        VerifierTest.verdict(
            POLICY,
            new UntrustedEvidence(
                attest,
                TPM.sign(attest),
                TPM.attestationKey(),
                values,
                Optional.of(host.log()),
                Optional.empty()),
            CHALLENGE);
    assertThat(verdict).as(verdict.toString()).isInstanceOf(Verdict.Refused.class);
    return ((Verdict.Refused) verdict).findings().stream().map(Finding::code).toList();
  }

  /** A second image ran after the accepted one. */
  private static LogBuilder hostWithASecondImage() {
    LogBuilder host = LogBuilder.boot();
    host.application(LogBuilder.digestOf("evil"), "\\evil.efi");
    return host.extendOnly(15, ENCLAVE);
  }

  private static int evilEvent(LogBuilder host) {
    for (int i = 0; i < host.events.size(); i++) {
      if (host.events.get(i).digest().equals(LogBuilder.digestOf("evil"))) {
        return i;
      }
    }
    throw new AssertionError();
  }

  @Test
  void givenAnImageRelabelledAsNoActionThenTheLogDoesNotReplay() {
    LogBuilder host = hostWithASecondImage();
    int evil = evilEvent(host);
    host.events.set(evil, host.events.get(evil).relabelled(EventType.NO_ACTION));
    assertThat(refusal(host)).containsExactly(FindingCode.REPLAY_MISMATCH);
  }

  @Test
  void givenAnImageLeftOutThenTheLogDoesNotReplay() {
    LogBuilder host = hostWithASecondImage();
    host.events.remove(evilEvent(host));
    assertThat(refusal(host)).containsExactly(FindingCode.REPLAY_MISMATCH);
  }

  @ParameterizedTest
  @EnumSource(
      value = EventType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "NO_ACTION",
        "EFI_BOOT_SERVICES_APPLICATION",
        "EFI_BOOT_SERVICES_DRIVER",
        "EFI_RUNTIME_SERVICES_DRIVER"
      })
  void givenAnImageRelabelledAsAnythingElseThenItCannotBeAccountedForAndStillCounts(
      EventType type) {
    LogBuilder host = hostWithASecondImage();
    int evil = evilEvent(host);
    host.events.set(evil, host.events.get(evil).relabelled(type));
    assertThat(refusal(host))
        .contains(FindingCode.EVENT_UNCONFIRMED, FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @ParameterizedTest
  @EnumSource(
      value = EventType.class,
      names = {"EFI_BOOT_SERVICES_DRIVER", "EFI_RUNTIME_SERVICES_DRIVER"})
  void givenAnImageRelabelledAsADriverThenItStillCounts(EventType type) {
    LogBuilder host = hostWithASecondImage();
    int evil = evilEvent(host);
    host.events.set(evil, host.events.get(evil).relabelled(type));
    assertThat(refusal(host)).containsExactly(FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenAnImageUnderATypeThatNobodyKnowsThenItCannotBeAccountedFor() {
    LogBuilder host = hostWithASecondImage();
    int evil = evilEvent(host);
    LogBuilder.Event event = host.events.get(evil);
    host.events.set(evil, new LogBuilder.Event(4, 0x8000_00FFL, event.digest(), event.data()));
    assertThat(refusal(host))
        .containsExactly(FindingCode.EVENT_UNCONFIRMED, FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenAnImageWithTheTextOfAUsualActionThenItsDigestGivesItAway() {
    LogBuilder host = hostWithASecondImage();
    int evil = evilEvent(host);
    host.events.set(
        evil,
        host.events
            .get(evil)
            .relabelled(EventType.EFI_ACTION)
            .withData(Bytes.ofText("Returning from EFI Application from Boot Option")));
    assertThat(refusal(host))
        .containsExactly(FindingCode.EVENT_UNCONFIRMED, FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenAnImageNamedLikeTheAcceptedOneThenItsNameIsWorthNothing() {
    LogBuilder host = LogBuilder.of(RecordedBoot.of("updated").eventLog());
    assertThat(refusal(host.extendOnly(15, ENCLAVE)))
        .containsOnly(FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenSecureBootOffWithItsVariableRewrittenThenTheDigestDoesNotConfirmIt() {
    LogBuilder host =
        new LogBuilder().firmware(false).image("uki", "x").exit().extendOnly(15, ENCLAVE);
    int variable = host.find(7, EventType.EFI_VARIABLE_DRIVER_CONFIG);
    host.events.set(
        variable,
        host.events
            .get(variable)
            .withData(
                LogBuilder.variableData(EfiVariable.GLOBAL, "SecureBoot", Bytes.ofHex("01"))));
    assertThat(refusal(host))
        .contains(FindingCode.EVENT_UNCONFIRMED, FindingCode.SECURE_BOOT_UNPROVEN);
  }

  @Test
  void givenSecureBootOffRelabelledAndClaimedOnLaterThenNeitherIsBelieved() {
    LogBuilder host = new LogBuilder().firmware(false).image("uki", "x").exit();
    host.variable(7, EfiVariable.GLOBAL, "SecureBoot", Bytes.ofHex("01")).extendOnly(15, ENCLAVE);
    int variable = host.find(7, EventType.EFI_VARIABLE_DRIVER_CONFIG);
    host.events.set(variable, host.events.get(variable).relabelled(EventType.EFI_ACTION));
    assertThat(refusal(host))
        .contains(FindingCode.EVENT_UNCONFIRMED, FindingCode.SECURE_BOOT_UNPROVEN);
  }

  @Test
  void givenEventsOfOnePcrReorderedThenTheLogDoesNotReplay() {
    LogBuilder host = hostWithASecondImage();
    int evil = evilEvent(host);
    int good = host.find(4, EventType.EFI_BOOT_SERVICES_APPLICATION);
    LogBuilder.Event first = host.events.get(good);
    host.events.set(good, host.events.get(evil));
    host.events.set(evil, first);
    assertThat(refusal(host))
        .containsExactly(FindingCode.REPLAY_MISMATCH, FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenAnotherCommandLineThenItIsNamed() {
    LogBuilder host = LogBuilder.boot();
    host.measured(12, EventType.IPL, LogBuilder.utf16("init=/bin/sh\0"));
    assertThat(refusal(host.extendOnly(15, ENCLAVE)))
        .containsExactly(FindingCode.BOOT_BASELINE_MISMATCH);
  }

  @Test
  void givenGrubsCommandLineHiddenAsACommandThenItStillCounts() {
    // GRUB's digest leaves out whether a text is a command or the kernel's command line. An
    // attacker has GRUB run the accepted line as a command and swaps the labels in the log.
    LogBuilder host = LogBuilder.boot();
    grub(host, "kernel_cmdline: ", "/vmlinuz accepted");
    grub(host, "grub_cmd: ", "/vmlinuz init=/bin/sh");
    assertThat(VerifierTest.facts(host.log()).kernelCommandLine())
        .extracting(text -> text.text())
        .contains("/vmlinuz accepted", "/vmlinuz init=/bin/sh");
    assertThat(refusal(host.extendOnly(15, ENCLAVE)))
        .containsExactly(FindingCode.BOOT_BASELINE_MISMATCH);
  }

  private static void grub(LogBuilder host, String prefix, String text) {
    host.extended(
        8,
        EventType.IPL,
        TpmHash.SHA256.hash(Bytes.ofText(text)),
        Bytes.ofText(prefix + text + "\0"));
  }

  @Test
  void givenAnotherInitrdThenItIsNamed() {
    LogBuilder host = LogBuilder.boot();
    host.extended(9, EventType.IPL, LogBuilder.digestOf("evil initrd"), Bytes.ofText("grubenv\0"));
    assertThat(refusal(host.extendOnly(15, ENCLAVE)))
        .containsExactly(FindingCode.BOOT_BASELINE_MISMATCH);
  }
}
