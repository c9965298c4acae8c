package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.FactDifference;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.FactValue;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.hgs.admin.Pending;
import org.shieldwall.hgs.admin.Traces.Come;
import org.shieldwall.hgs.admin.Traces.HostTrace;
import org.shieldwall.hgs.admin.Traces.Trial;
import org.shieldwall.hgs.admin.Traces.Trials;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** The worst day: an update changes what hosts boot. */
class PendingTest {
  private static final BootLog OLD = BootLog.of("standard");
  private static final BootLog NEW = BootLog.of("updated");
  private static final Duration FORTNIGHT = Duration.ofDays(14);

  @TempDir private Path temporary;
  private TestService service;
  private TestHost host;
  private TestHost other;

  @BeforeEach
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    host = TestHost.boot("host-a", OLD);
    other = TestHost.boot("host-b", OLD);
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.addHost(other.identity()));
    service.administer(admin -> admin.addBaseline(OLD.baseline("rack7")));
    service.policy(
        """
        name = "default"
        version = 2
        [checks.boot-baseline]
        enabled = true
        any-of = ["rack7"]
        """);
  }

  @AfterEach
  void stop() throws Exception {
    if (service != null) {
      service.close();
    }
    host.close();
    other.close();
  }

  private List<String> refusal(TestHost each) {
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> each.attest(service.client()));
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  private List<Pending> pending() throws Exception {
    return service.administer(admin -> admin.pending().list(false));
  }

  @Test
  void givenAnUpdate_whenItsBootIsApproved_thenOldAndNewAreHealthyAndTheOldOneExpires()
      throws Exception {
    host.attest(service.client());
    other.attest(service.client());
    assertThat(pending()).isEmpty();

    host.reboot(NEW);
    assertThat(refusal(host)).containsOnly("boot-baseline-mismatch");
    assertThat(pending())
        .singleElement()
        .satisfies(each -> {
          assertThat(each.host().name()).isEqualTo("host-a");
          assertThat(each.before().orElseThrow().name()).isEqualTo("rack7");
          assertThat(each.beside()).isEmpty();
          assertThat(each.difference())
              .extracting(FactDifference::fact)
              .containsExactly(FactName.BOOT_APPLICATIONS, FactName.LOADED_FILES);
          assertThat(each.difference())
              .allSatisfy(finding -> {
                assertThat(finding.describe()).contains("event");
                assertThat(finding.expected()).isNotEqualTo(finding.found());
              });
        });

    Pending.Approved approved =
        service.administer(
            admin -> admin.pending().approve("host-a", Optional.empty(), Optional.of(FORTNIGHT)));
    assertThat(approved.name()).startsWith("rack7-");
    assertThat(approved.succeeds()).contains("rack7");
    assertThat(approved.healthy()).containsExactly("host-a");
    assertThat(pending()).isEmpty();
    assertThat(service.audit())
        .extracting(AuditRecord::kind)
        .contains("baseline-added", "baseline-expiry-set", "pending-approved");

    AttestReply updated = host.attest(service.client());
    assertThat(updated.claims().baselines())
        .as("a policy that names the old baseline accepts what was approved in its place")
        .containsExactly(approved.name());
    assertThat(other.attest(service.client()).claims().baselines()).containsExactly("rack7");

    service.clock().advance(FORTNIGHT);
    host.attest(service.client());
    assertThat(refusal(other)).containsOnly("boot-baseline-mismatch");
    assertThat(pending()).extracting(each -> each.host().name()).containsExactly("host-b");
  }

  @Test
  void givenABootThatNobodyWanted_whenDismissed_thenItIsListedNoMoreUntilAnother()
      throws Exception {
    host.attest(service.client());
    host.reboot(NEW);
    refusal(host);
    service.administer(admin -> admin.pending().dismiss("host-a"));
    assertThat(pending()).isEmpty();
    refusal(host);
    assertThat(pending()).isEmpty();
    List<Pending> all = service.administer(admin -> admin.pending().list(true));
    assertThat(all).hasSize(1);
    host.reboot(BootLog.of("other-command-line"));
    refusal(host);
    assertThat(pending()).hasSize(1);
    assertThatThrownBy(() -> service.administer(admin -> admin.pending().dismiss("host-b")))
        .hasMessageContaining("no boot of host host-b waits");
  }

  @Test
  void givenAHostThatFailsOtherwiseToo_whenListed_thenItIsSaidThatApprovalDoesNotMendThat()
      throws Exception {
    host.reboot(BootLog.of("secure-boot-off"));
    assertThat(refusal(host)).contains("boot-baseline-mismatch", "secure-boot-off");
    assertThat(pending().getFirst().beside()).containsExactly(Check.SECURE_BOOT);
    Pending.Approved approved =
        service.administer(
            admin -> admin.pending().approve("host-a", Optional.of("bad"), Optional.empty()));
    assertThat(approved.healthy()).isEmpty();
    assertThat(refusal(host)).containsExactly("secure-boot-off");
  }

  @Test
  void givenALogThatItsQuoteDoesNotProve_whenRefused_thenItDoesNotWait() throws Exception {
    host.reboot(NEW);
    AttestRequest lying = host.answer(service.client().challenge(host.challengeRequest()));
    AttestRequest altered =
        new AttestRequest(
            lying.token(),
            lying.activatedSecret(),
            lying.akPublic(),
            lying.enclave(),
            lying.quote(),
            lying.signature(),
            lying.pcrs(),
            BootLog.of("dumps").toBytes(),
            lying.ima());
    assertThat(catchThrowableOfType(RefusedException.class, () -> service.client().attest(altered)))
        .isNotNull();
    assertThat(pending()).isEmpty();
    HostTrace trace = service.administer(admin -> admin.traces().trace("host-a"));
    assertThat(trace.appraisal().result(Check.EVENT_LOG).outcome()).isEqualTo(Outcome.FAIL);
  }

  @Test
  void givenSomebodyWithoutTheTpm_whenTheyAnswerForAHost_thenNothingOfItIsKept() throws Exception {
    host.attest(service.client());
    Challenge challenge = service.client().challenge(host.challengeRequest());
    AttestRequest relayed = other.answer(challenge, Bytes.zeros(32), host.enclave().publicKeys());
    assertThat(catchThrowableOfType(RefusedException.class, () -> service.client().attest(relayed)))
        .isNotNull();
    HostTrace trace = service.administer(admin -> admin.traces().trace("host-a"));
    assertThat(trace.appraisal().verdict()).isInstanceOf(Verdict.Healthy.class);
    assertThat(trace.last().healthy()).isTrue();
  }

  @Test
  void givenStoredEvidence_whenTraced_thenItIsWhatTheHostWasTold() throws Exception {
    assertThatThrownBy(() -> service.administer(admin -> admin.traces().trace("host-a")))
        .hasMessageContaining("has not attested yet");
    assertThatThrownBy(() -> service.administer(admin -> admin.traces().trace("nobody")))
        .hasMessageContaining("no host nobody");
    host.attest(service.client());
    HostTrace good = service.administer(admin -> admin.traces().trace("host-a"));
    assertThat(good.appraisal().verdict()).isInstanceOf(Verdict.Healthy.class);
    assertThat(good.applied().policy().version()).isEqualTo(2);
    assertThat(good.last().expires()).isPresent();

    host.reboot(BootLog.of("secure-boot-off"));
    List<String> told = refusal(host);
    HostTrace bad = service.administer(admin -> admin.traces().trace("host-a"));
    assertThat(((Verdict.Refused) bad.appraisal().verdict()).findings())
        .extracting(each -> each.code().code())
        .containsExactlyElementsOf(told);
    assertThat(bad.last().certified()).isPresent();
    assertThat(bad.last().failed()).contains("secure-boot", "boot-baseline");
  }

  @Test
  void givenAStagedPolicy_whenTriedOnEveryHost_thenItSaysWhoWouldFailAndWhy() throws Exception {
    host.attest(service.client());
    other.reboot(BootLog.of("secure-boot-off"));
    service.administer(
        admin -> admin.exceptions().except("host-b", "secure-boot", FORTNIGHT, "old firmware"));
    service.administer(
        admin -> admin.exceptions().except("host-b", "boot-baseline", FORTNIGHT, "old firmware"));
    other.attest(service.client());

    Map<String, Trial> strict = attempt("[checks.iommu]\nenabled = true\n");
    assertThat(strict.get("host-a").come()).isNotEqualTo(Come.PASSES);
    assertThat(strict.get("host-a").healthyNow()).isTrue();

    Map<String, Trial> another =
        attempt("[checks.boot-baseline]\nenabled = true\nany-of = [\"rack8\"]\n");
    assertThat(another.get("host-a").come()).isEqualTo(Come.FAILS);
    assertThat(another.get("host-a").failed())
        .extracting(each -> each.check())
        .containsExactly(Check.BOOT_BASELINE);
    assertThat(another.get("host-b").come()).as("it is excepted").isEqualTo(Come.PASSES);

    Map<String, Trial> ima = attempt("[checks.code-integrity]\nenabled = true\nallow = \"list\"\n");
    assertThat(ima.get("host-a").come()).isEqualTo(Come.UNDECIDED);
    assertThat(ima.get("host-a").notShown()).hasSize(2).first().asString().contains("PCR");
    assertThat(host.attest(service.client()).claims().policyVersion())
        .as("nothing was changed")
        .isEqualTo(2);
  }

  /** The firmware's update: another image is not what differs, and PCRs 0, 2 and 7 do. */
  @Test
  void givenNewFirmware_whenABaselineOfEverythingIsTheMeasure_thenItsApprovalHoldsToEverything()
      throws Exception {
    service.administer(admin -> admin.addBaseline(OLD.baseline("all", CaptureLevel.EVERYTHING)));
    service.policy(
        """
        name = "default"
        version = 3
        [checks.boot-baseline]
        enabled = true
        any-of = ["all"]
        """);
    assertThat(host.attest(service.client()).claims().baselines()).containsExactly("all");
    host.reboot(BootLog.of("new-firmware"));
    assertThat(refusal(host)).containsOnly("boot-baseline-mismatch");
    assertThat(pending().getFirst().difference())
        .extracting(FactDifference::fact)
        .containsOnly(FactName.FORBIDDEN_SIGNATURES, FactName.FIRMWARE, FactName.DRIVERS);

    Pending.Approved approved =
        service.administer(
            admin -> admin.pending().approve("host-a", Optional.of("new"), Optional.empty()));

    assertThat(approved.succeeds()).contains("all");
    assertThat(host.attest(service.client()).claims().baselines()).containsExactly("new");
    host.reboot(BootLog.of("lockdown-integrity")); // The new firmware, and another image.
    assertThat(refusal(host)).containsOnly("boot-baseline-mismatch");
  }

  @Test
  void givenABaselineOfMoreThanWasQuoted_whenItIsAddedBeside_thenKeptEvidenceIsStillGood()
      throws Exception {
    service.policy("name = \"default\"\nversion = 3\n");
    host.attest(service.client());
    service.administer(admin -> admin.addBaseline(OLD.baseline("all", CaptureLevel.EVERYTHING)));
    assertThat(service.client().challenge(host.challengeRequest()).pcrs()).contains(0, 2);

    HostTrace trace = service.administer(admin -> admin.traces().trace("host-a"));
    assertThat(trace.appraisal().verdict()).isInstanceOf(Verdict.Healthy.class);
    Trial trial = attempt("[checks.boot-baseline]\nenabled = true\n", "host-b").get("host-a");
    assertThat(trial.healthyNow()).isTrue();
    assertThat(trial.come()).isEqualTo(Come.PASSES);
    Trial all =
        attempt("[checks.boot-baseline]\nenabled = true\nany-of = [\"all\"]\n", "host-b")
            .get("host-a");
    assertThat(all.come()).as("it may be, and is not shown yet").isEqualTo(Come.UNDECIDED);
  }

  private Map<String, Trial> attempt(String checks, String... withoutEvidence) throws Exception {
    Trials trials =
        service.administer(admin ->
            admin
                .traces()
                .attempt(
                    PolicyReader.read(
                        "draft",
                        "name = \"default\"\nversion = 3\n" + checks,
                        PolicyFiles.of(
                            Map.of("list", Bytes.ofText("sha256:" + "ab".repeat(32)))))));
    assertThat(trials.withoutEvidence()).containsExactly(withoutEvidence);
    Map<String, Trial> byHost = new TreeMap<>();
    trials.trials().forEach(each -> byHost.put(each.host(), each));
    return byHost;
  }

  @Test
  void givenAHostMovedToAPolicyOfOtherBaselines_whenItsBootIsApproved_thenTheNewPolicyAcceptsIt()
      throws Exception {
    host.attest(service.client());
    service.administer(admin -> admin.addBaseline(BootLog.of("verity").baseline("rack8")));
    service.policy(
        """
        name = "eight"
        version = 1
        [checks.boot-baseline]
        enabled = true
        any-of = ["rack8"]
        """);
    service.administer(admin -> {
      admin.policies().assign("eight", "rack8");
      return admin.fleet().label("host-a", List.of("rack8"), List.of());
    });
    assertThat(refusal(host)).containsOnly("boot-baseline-mismatch");
    assertThat(pending().getFirst().before().orElseThrow().name()).isEqualTo("rack8");
    assertThat(pending().getFirst().difference()).isNotEmpty();

    Pending.Approved approved =
        service.administer(
            admin -> admin.pending().approve("host-a", Optional.empty(), Optional.empty()));

    assertThat(approved.succeeds()).contains("rack8");
    assertThat(approved.healthy()).containsExactly("host-a");
    host.attest(service.client());
  }

  @Test
  void givenABaselineThatExpired_whenTheSameBootIsApproved_thenItIsAcceptedInItsPlace()
      throws Exception {
    host.attest(service.client());
    service.administer(admin ->
        admin.boots().expire("rack7", Optional.of(service.clock().instant().plusSeconds(60))));
    service.clock().advance(Duration.ofSeconds(61));
    assertThat(refusal(host)).containsExactly("boot-baseline-missing");
    Pending.Approved approved =
        service.administer(
            admin -> admin.pending().approve("host-a", Optional.empty(), Optional.empty()));
    assertThat(approved.succeeds()).contains("rack7");
    assertThat(approved.healthy()).containsExactly("host-a");
  }

  /** Under the check's first form the quote covered PCR 7 alone, and the log could say anything. */
  @Test
  void givenNoBaselineYet_whenAHostSendsTheLogOfAnotherBoot_thenItDoesNotWait() throws Exception {
    service.administer(admin -> admin.boots().remove("rack7"));
    Challenge challenge = service.client().challenge(host.challengeRequest());
    assertThat(challenge.pcrs()).contains(4, 7, 8, 9, 12);
    AttestRequest genuine = host.answer(challenge);
    AttestRequest lying =
        new AttestRequest(
            genuine.token(),
            genuine.activatedSecret(),
            genuine.akPublic(),
            genuine.enclave(),
            genuine.quote(),
            genuine.signature(),
            genuine.pcrs(),
            NEW.toBytes(),
            genuine.ima());
    assertThat(catchThrowableOfType(RefusedException.class, () -> service.client().attest(lying)))
        .isNotNull();
    assertThat(pending()).isEmpty();

    assertThat(refusal(host)).containsExactly("boot-baseline-missing");
    assertThat(pending()).extracting(each -> each.host().name()).containsExactly("host-a");
  }

  @Test
  void givenAQuoteOfFewerPcrs_whenABaselineOfMoreIsAskedFor_thenItDoesNotWaitUntilItAttestsAgain()
      throws Exception {
    service.policy(
        """
        name = "default"
        version = 3
        [checks.boot-baseline]
        enabled = false
        """);
    host.reboot(BootLog.of("secure-boot-off"));
    assertThat(refusal(host)).containsExactly("secure-boot-off");
    service.policy("name = \"default\"\nversion = 4\n");
    assertThatThrownBy(() ->
            service.administer(
                admin -> admin.pending().approve("host-a", Optional.empty(), Optional.empty())))
        .hasMessageContaining("waits");
    refusal(host);
    assertThat(pending()).hasSize(1);
  }

  @Test
  void givenALineOfApprovals_whenOneOfThemIsRemoved_thenThoseAfterItAreAcceptedStill()
      throws Exception {
    host.attest(service.client());
    for (String kernel : List.of("updated", "other-command-line")) {
      host.reboot(BootLog.of(kernel));
      refusal(host);
      service.administer(
          admin -> admin.pending().approve("host-a", Optional.of(kernel), Optional.empty()));
      host.attest(service.client());
    }
    service.administer(admin -> admin.boots().remove("updated"));
    assertThat(host.attest(service.client()).claims().baselines())
        .containsExactly("other-command-line");
    service.administer(admin -> admin.boots().remove("rack7"));
    assertThat(host.attest(service.client()).claims().baselines())
        .containsExactly("other-command-line");
  }

  @Test
  void givenABaselineOfMoreThanWasQuoted_whenItIsTheOneMatchedLast_thenItIsNotTheMeasure()
      throws Exception {
    service.policy("name = \"default\"\nversion = 3\n");
    host.attest(service.client());
    BootBaseline everything = BootLog.of("secure-boot-off").baseline("keys");
    SortedMap<FactName, List<FactValue>> keys = new TreeMap<>(everything.facts());
    keys.keySet().retainAll(Set.of(FactName.SECURE_BOOT, FactName.PLATFORM_KEY));
    service.administer(
        admin -> admin.addBaseline(new BootBaseline("keys", everything.bank(), keys)));
    service.administer(admin ->
        admin.boots().expire("rack7", Optional.of(service.clock().instant().plusSeconds(60))));
    service.clock().advance(Duration.ofSeconds(61));

    assertThat(service.client().challenge(host.challengeRequest()).pcrs())
        .contains(7)
        .doesNotContain(4);
    assertThat(refusal(host)).containsOnly("boot-baseline-mismatch");
    assertThat(pending().getFirst().before().orElseThrow().name())
        .as("of rack7 the quote says nothing now")
        .isEqualTo("keys");
  }
}
