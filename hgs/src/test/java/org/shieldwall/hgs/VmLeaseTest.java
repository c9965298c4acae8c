package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.Lease.Standing;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PendingRelease;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ReleaseTerms;
import org.shieldwall.protector.RestoreGrant;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protector.VmReport.Event;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;

/** One enclave at a time has a VM, and the service hears how it ended. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VmLeaseTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Digest STATE = Digest.of(new byte[] {1});
  private static final BootLog BOOT = BootLog.of("standard");

  @TempDir private static Path temporary;
  private TestService service;
  private TestOwner owner;
  private Guardian guardian;
  private Machine first;
  private Machine second;
  private long count;

  /** A host, and what it attested last. */
  private final class Machine {
    private final TestHost host;
    private Bytes certificate = Bytes.EMPTY;

    Machine(String name) throws Exception {
      host = TestHost.boot(name, BOOT);
      service.administer(admin -> admin.addHost(host.identity()));
      attest();
    }

    void attest() throws Exception {
      certificate = host.attest(service.client()).certificate();
    }

    KeyProtector start(KeyProtector protector) throws Exception {
      return TestOwner.release(service.client(), certificate, protector, host.enclave());
    }

    ReleaseTerms terms(KeyProtector protector) throws Exception {
      return terms(protector, Optional.empty());
    }

    ReleaseTerms terms(KeyProtector protector, Optional<RestoreGrant> restore) throws Exception {
      PendingRelease pending = TestOwner.request(protector, host.enclave());
      try (IngressEgress opened =
          service
              .client()
              .release(
                  certificate,
                  pending.request().toJson(),
                  protector.toJson(),
                  restore.map(RestoreGrant::toJson))
              .open(pending, host.enclave(), SecretArena.plain())) {
        return opened.terms();
      }
    }

    VmReport sign(KeyProtector current, Event event) {
      count++;
      return VmReport.sign(
          VmReport.Subject.of(current),
          event,
          event == Event.RUNNING ? Optional.empty() : Optional.of(STATE),
          count,
          host.enclave(),
          RANDOM);
    }

    Lease report(KeyProtector current, Event event) throws Exception {
      VmReport report = sign(current, event);
      return Lease.verify(Json.of(send(report), "lease"), report, guardian);
    }

    JsonNode send(VmReport report) throws Exception {
      return service.client().report(certificate, report.toJson());
    }
  }

  @BeforeAll
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.addBaseline(BOOT.baseline("accepted")));
    owner = new TestOwner();
    guardian = service.client().guardian();
    first = new Machine("host-a");
    second = new Machine("host-b");
  }

  @BeforeEach
  void attest() throws Exception {
    first.attest();
    second.attest();
  }

  @AfterAll
  void stop() throws Exception {
    for (Machine each : new Machine[] {first, second}) {
      if (each != null) {
        each.host.close();
      }
    }
    if (service != null) {
      service.close();
    }
  }

  private KeyProtector newVm(OwnerPolicy policy) throws Exception {
    return first.start(owner.shieldingData(guardian, policy));
  }

  private KeyProtector newVm() throws Exception {
    return newVm(OwnerPolicy.shielded());
  }

  private static Problem refusal(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem();
  }

  private static String code(ThrowingCallable attempt) {
    List<ReportedFinding> findings = refusal(attempt).findings();
    assertThat(findings).hasSize(1);
    return findings.getFirst().code();
  }

  @Test
  void givenARunningVm_whenStartedOnAnotherHost_thenItIsRefusedWithWhereItRuns() throws Exception {
    KeyProtector running = first.start(newVm());
    assertThat(first.report(running, Event.RUNNING).standing()).isEqualTo(Standing.HELD);

    Problem problem = refusal(() -> second.start(running));
    assertThat(problem.status()).isEqualTo(409);
    assertThat(problem.type()).endsWith(":vm-runs-elsewhere");
    ReportedFinding finding = problem.findings().getFirst();
    assertThat(finding.code()).isEqualTo("vm-runs-elsewhere");
    assertThat(finding.found()).contains("host host-a").contains("since").contains("until");
    assertThat(finding.remedy()).contains("hgs lease break");
    assertThat(service.audit().getLast().kind()).isEqualTo("release-refused");
  }

  @Test
  void givenAVmThatHasEnded_whenStartedOnAnotherHost_thenItGetsTheDigestOfTheState()
      throws Exception {
    KeyProtector running = first.start(newVm());
    first.report(running, Event.RUNNING);
    Lease ended = first.report(running, Event.STOPPED);
    assertThat(ended.standing()).isEqualTo(Standing.ENDED);
    assertThat(ended.time()).isEqualTo(Duration.ZERO);
    assertThat(service.audit().getLast().kind()).isEqualTo("lease-ended");
    assertThat(service.audit().getLast().detail()).contains(STATE.text());

    ReleaseTerms terms = second.terms(running);
    assertThat(terms.state()).contains(STATE);
    assertThat(terms.lease()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void givenAHostThatWentAway_whenItsLeaseIsOver_thenTheVmStartsElsewhereWithoutADigest()
      throws Exception {
    KeyProtector running = first.start(newVm());
    first.report(running, Event.RUNNING);
    service.clock().advance(Duration.ofMinutes(60));
    assertThat(code(() -> second.start(running))).isEqualTo("vm-runs-elsewhere");
    service.clock().advance(Duration.ofSeconds(31));
    assertThat(second.terms(running).state()).isEmpty();

    // The first host was only cut off: its copy must not go on.
    assertThat(first.report(running, Event.RUNNING).standing()).isEqualTo(Standing.ELSEWHERE);
  }

  @Test
  void givenAServiceThatWasAway_whenNobodyTookTheVm_thenItsEnclaveGoesOn() throws Exception {
    KeyProtector running = first.start(newVm());
    first.report(running, Event.RUNNING);
    service.clock().advance(Duration.ofHours(3));
    assertThat(first.report(running, Event.RUNNING).standing()).isEqualTo(Standing.HELD);
    assertThat(code(() -> second.start(running))).isEqualTo("vm-runs-elsewhere");
  }

  @Test
  void givenAReleasedGeneration_whenReportedRunning_thenTheOneBeforeStartsNoMore()
      throws Exception {
    KeyProtector vm = newVm();
    KeyProtector running = first.start(vm);
    KeyProtector again = first.start(vm); // the answer was lost: nothing is known of the first
    assertThat(again.generation()).isEqualTo(running.generation());
    assertThat(code(() -> first.report(running, Event.RUNNING))).isEqualTo("report-superseded");
    first.report(again, Event.RUNNING);
    assertThat(code(() -> first.start(vm))).isEqualTo("generation-superseded");
    first.start(again);
  }

  @Test
  void givenAReport_whenSentAgainOrLate_thenItIsRefused() throws Exception {
    KeyProtector running = first.start(newVm());
    VmReport early = first.sign(running, Event.RUNNING);
    VmReport stopped = first.sign(running, Event.STOPPED);
    first.send(early);
    assertThat(code(() -> first.send(early))).isEqualTo("report-replayed");
    VmReport late = early;
    first.send(stopped);
    assertThat(code(() -> first.send(late))).isEqualTo("report-replayed");
    service.restart();
    assertThat(code(() -> first.send(stopped))).isEqualTo("report-replayed");
    second.start(running);
  }

  @Test
  void givenAReport_whenForgedOrOfAnotherEnclaveOrVm_thenNothingChanges() throws Exception {
    KeyProtector running = first.start(newVm());
    first.report(running, Event.RUNNING);
    VmReport mine = first.sign(running, Event.STOPPED);
    assertThat(code(() -> second.send(mine))).isEqualTo("foreign-signature");
    VmReport byAnyone =
        VmReport.sign(
            VmReport.Subject.of(running),
            Event.STOPPED,
            Optional.of(STATE),
            1000,
            PrivateKeySet.generate(RANDOM),
            RANDOM);
    assertThat(code(() -> first.send(byAnyone))).isEqualTo("foreign-signature");
    assertThat(second.report(running, Event.STOPPED).standing()).isEqualTo(Standing.ELSEWHERE);
    KeyProtector neverStarted = newVm();
    assertThat(code(() -> first.report(neverStarted, Event.RUNNING))).isEqualTo("lease-not-known");
    assertThat(code(() -> second.start(running))).isEqualTo("vm-runs-elsewhere");
  }

  @Test
  void givenAVmThatWentThereAndBack_whenAnOldReportComes_thenItIsOfAnOldGeneration()
      throws Exception {
    KeyProtector running = first.start(newVm());
    first.report(running, Event.RUNNING);
    VmReport kept = first.sign(running, Event.STOPPED);
    first.report(running, Event.STOPPED);
    KeyProtector there = second.start(running);
    second.report(there, Event.RUNNING);
    second.report(there, Event.STOPPED);
    KeyProtector back = first.start(there);
    first.report(back, Event.RUNNING);
    assertThat(code(() -> first.send(kept))).isIn("report-superseded", "report-replayed");
    assertThat(code(() -> second.start(back))).isEqualTo("vm-runs-elsewhere");
  }

  @Test
  void givenAHostThatIsQuarantined_whenItReports_thenItHasNoLeaseAndTheVmIsFreeAfterIt()
      throws Exception {
    KeyProtector running = first.start(newVm());
    first.report(running, Event.RUNNING);
    service.administer(admin -> admin.fleet().quarantine("host-a", "looks odd"));
    try {
      Problem problem = refusal(() -> first.report(running, Event.RUNNING));
      assertThat(problem.status()).isEqualTo(401);
      assertThat(problem.findings().getFirst().code()).isEqualTo("host-quarantined");
      service.clock().advance(Duration.ofMinutes(61));
      second.start(running);
    } finally {
      service.administer(admin -> admin.fleet().restore("host-a"));
      service.clock().advance(Duration.ofSeconds(2));
      first.attest();
    }
  }

  @Test
  void givenTheSameMachineBootedAgain_whenItStartsTheVm_thenItsOldEnclaveIsInNobodysWay()
      throws Exception {
    KeyProtector running = first.start(newVm());
    first.report(running, Event.RUNNING);
    VmReport ofThisBoot = first.sign(running, Event.RUNNING);
    Bytes oldCertificate = first.certificate;
    first.host.reboot(BOOT);
    first.attest();
    KeyProtector next = first.start(running);
    assertThat(first.report(next, Event.RUNNING).standing()).isEqualTo(Standing.HELD);
    JsonNode late = service.client().report(oldCertificate, ofThisBoot.toJson());
    assertThat(Lease.verify(Json.of(late, "lease"), ofThisBoot, guardian).standing())
        .isEqualTo(Standing.ELSEWHERE);
    assertThat(code(() -> second.start(next))).isEqualTo("vm-runs-elsewhere");
  }

  @Test
  void givenOneVm_whenTwoHostsStartItAtOnce_thenExactlyOneDoes() throws Exception {
    for (int round = 0; round < 5; round++) {
      KeyProtector vm = newVm();
      List<Callable<Boolean>> attempts = new ArrayList<>();
      for (Machine each : new Machine[] {first, second}) {
        attempts.add(() -> {
          try {
            each.start(vm);
            return true;
          } catch (RefusedException refused) {
            assertThat(refused.problem().findings().getFirst().code())
                .isEqualTo("vm-runs-elsewhere");
            return false;
          }
        });
      }
      List<Boolean> started = new ArrayList<>();
      try (ExecutorService hosts = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Future<Boolean> each : hosts.invokeAll(attempts)) {
          started.add(each.get());
        }
      }
      assertThat(started).containsExactlyInAnyOrder(true, false);
    }
  }

  @Test
  void givenAVmBoundToAMachine_whenStartedOnAnother_thenTheOwnerDoesNotAllowIt() throws Exception {
    OwnerPolicy bound =
        new OwnerPolicy(
            VmClass.SHIELDED,
            Assurance.TPM,
            List.of(),
            List.of(),
            Optional.empty(),
            OwnerPolicy.Checkpoints.OWNER,
            true);
    KeyProtector made = newVm(bound);
    KeyProtector running =
        second.start(made); // where it was made does not bind, where it starts does
    second.report(running, Event.RUNNING);
    second.report(running, Event.STOPPED);
    assertThat(code(() -> first.start(running))).isEqualTo("owner-bound-host");
    second.start(running);
  }

  /** {@return a VM's first generation, superseded by a later one that has ended} */
  private KeyProtector superseded() throws Exception {
    KeyProtector old = newVm();
    KeyProtector running = first.start(old);
    first.report(running, Event.RUNNING);
    first.report(running, Event.STOPPED);
    assertThat(code(() -> first.start(old))).isEqualTo("generation-superseded");
    return old;
  }

  @Test
  void givenAnOlderCopy_whenItsOwnerGrantsIt_thenItStartsOnceFromThatStateOnRecord()
      throws Exception {
    KeyProtector old = superseded();
    Digest kept = Digest.of(new byte[] {7});
    RestoreGrant grant = owner.restore(old, kept, service.clock().instant());
    assertThat(first.terms(old, Optional.of(grant)).state()).contains(kept);
    assertThat(service.audit().stream().filter(each -> each.kind().equals("restored")).toList())
        .last()
        .satisfies(
            record -> assertThat(record.detail()).contains(grant.id().toString(), kept.text()));

    // Whoever was refused by the enclave, for another state, comes again: the digest stays.
    assertThat(first.terms(old).state()).contains(kept);
    KeyProtector restored = first.start(old);
    first.report(restored, Event.RUNNING);
    assertThat(code(() -> first.terms(old, Optional.of(grant)))).isEqualTo("restore-grant-used");
    assertThat(code(() -> first.start(old))).isEqualTo("generation-superseded");
  }

  @Test
  void givenAGrantToRestore_whenOfSomebodyElseOrAnotherCopyOrTooOld_thenItIsRefused()
      throws Exception {
    KeyProtector old = superseded();
    Instant now = service.clock().instant();
    RestoreGrant forAnother = owner.restore(superseded(), STATE, now);
    assertThat(code(() -> first.terms(old, Optional.of(forAnother))))
        .isEqualTo("protector-mismatch");
    RestoreGrant late = owner.restore(old, STATE, now.minus(Duration.ofDays(8)));
    assertThat(code(() -> first.terms(old, Optional.of(late)))).isEqualTo("expired");
    TestOwner stranger = new TestOwner();
    KeyProtector theirs = first.start(stranger.shieldingData(guardian, OwnerPolicy.shielded()));
    RestoreGrant byStranger = stranger.restore(theirs, STATE, now);
    assertThat(code(() -> first.terms(old, Optional.of(byStranger))))
        .isEqualTo("foreign-signature");
  }

  @Test
  void givenAGrantToRestore_whenTheVmRunsElsewhere_thenItDoesNotStart() throws Exception {
    KeyProtector old = newVm();
    KeyProtector running = second.start(old);
    second.report(running, Event.RUNNING);
    RestoreGrant grant = owner.restore(old, STATE, service.clock().instant());
    assertThat(code(() -> first.terms(old, Optional.of(grant)))).isEqualTo("vm-runs-elsewhere");
    second.report(running, Event.STOPPED);
    assertThat(first.terms(old, Optional.of(grant)).state()).contains(STATE);
  }
}
