package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * Hosts under a policy that names the keys images are signed with, but no image, and asks for what
 * the kernel was told: the line is inside the image, and shown by the digest that the kernel
 * measured of it.
 */
@Tag("boot")
class CommandLineOfBootsTest {
  private static final Bytes ENCLAVE = TpmHash.SHA256.hash(Bytes.ofText("the enclave's keys"));
  private static final Bytes NONCE = TpmHash.SHA256.hash(Bytes.ofText("nonce and enclave"));
  private static final Challenge CHALLENGE = new Challenge(Optional.of("rack1"), NONCE, ENCLAVE);

  private static final Set<Check> ASKED =
      EnumSet.of(
          Check.KERNEL_LOCKDOWN,
          Check.NO_KERNEL_DEBUG,
          Check.MODULE_SIGNATURES,
          Check.NO_HIBERNATION,
          Check.NO_DUMPS_OR_ENCRYPTED);

  @BeforeAll
  static void bootAll() throws Exception {
    RealBoots.all(
        HostVariant.STANDARD,
        HostVariant.OTHER_COMMAND_LINE,
        HostVariant.LOCKDOWN_INTEGRITY,
        HostVariant.KERNEL_DEBUGGER,
        HostVariant.HIBERNATION);
  }

  private static AttestationPolicy policy() throws Exception {
    BootFacts facts =
        BootFacts.draw(
            UntrustedEventLog.parse(
                RealBoots.of(HostVariant.STANDARD).eventLog().toArray(), LogLimits.DEFAULT),
            TpmHash.SHA256);
    return AttestationPolicy.standard(
            "keys", 1, List.of(BootBaseline.capture("keys", facts, CaptureLevel.KEYS)))
        .with(ASKED);
  }

  private static Appraisal appraise(HostVariant variant, Optional<String> said) throws Exception {
    AttestationPolicy policy = policy();
    try (RunningHost running = RunningHost.of(RealBoots.of(variant))) {
      running.measureEnclave(ENCLAVE);
      UntrustedEvidence sent = running.evidence(NONCE, policy.selection());
      UntrustedEvidence evidence =
          new UntrustedEvidence(
              sent.attest(),
              sent.signature(),
              sent.attestationKey(),
              sent.pcrs(),
              sent.eventLog(),
              sent.imaList(),
              said);
      return Verifier.appraise(policy, evidence, CHALLENGE);
    }
  }

  private static Stream<String> codes(Appraisal appraisal) {
    return appraisal.verdict() instanceof Verdict.Refused refused
        ? refused.findings().stream().map(Finding::code).map(Enum::name).distinct()
        : Stream.of("HEALTHY");
  }

  @ParameterizedTest
  @CsvSource({
    "STANDARD, HEALTHY",
    "OTHER_COMMAND_LINE, HEALTHY",
    "LOCKDOWN_INTEGRITY, KERNEL_NOT_LOCKED_DOWN",
    "KERNEL_DEBUGGER, KERNEL_DEBUG_ON",
    "HIBERNATION, HIBERNATION_POSSIBLE",
  })
  void givenABootThenItsOwnLineDecides(HostVariant variant, String expected) throws Exception {
    String said = RealBoots.of(variant).commandLine();
    assertThat(codes(appraise(variant, Optional.of(said)))).containsExactly(expected);
  }

  @Test
  void givenAnotherBootsLineOrNoneThenNothingIsShown() throws Exception {
    String better = RealBoots.of(HostVariant.STANDARD).commandLine();
    assertThat(codes(appraise(HostVariant.LOCKDOWN_INTEGRITY, Optional.of(better))))
        .containsExactly("COMMAND_LINE_UNPROVEN");
    assertThat(codes(appraise(HostVariant.STANDARD, Optional.empty())))
        .containsExactly("COMMAND_LINE_UNPROVEN");
  }
}
