package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
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
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyId;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.Lease.Standing;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protector.VmReport.Event;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** A VM goes from one enclave to another while it runs, and is never two's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VmMoveTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Digest STATE = Digest.of(new byte[] {1});
  private static final BootLog BOOT = BootLog.of("standard");

  @TempDir private static Path temporary;
  private TestService service;
  private TestOwner owner;
  private Guardian guardian;
  private Machine source;
  private Machine target;
  private Machine third;
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

    KeyId enclave() {
      return host.enclave().id();
    }

    KeyProtector release(KeyProtector protector) throws Exception {
      return TestOwner.release(service.client(), certificate, protector, host.enclave());
    }

    Standing tell(KeyProtector current, Event event, Optional<KeyId> to) throws Exception {
      count++;
      VmReport.Subject subject = VmReport.Subject.of(current);
      VmReport report =
          to.isPresent()
              ? VmReport.signMove(subject, event, to.get(), count, host.enclave(), RANDOM)
              : VmReport.sign(
                  subject,
                  event,
                  event == Event.RUNNING ? Optional.empty() : Optional.of(STATE),
                  count,
                  host.enclave(),
                  RANDOM);
      return Lease.verify(
              Json.of(service.client().report(certificate, report.toJson()), "lease"),
              report,
              guardian)
          .standing();
    }

    Standing running(KeyProtector current) throws Exception {
      return tell(current, Event.RUNNING, Optional.empty());
    }
  }

  @BeforeAll
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.addBaseline(BOOT.baseline("accepted")));
    owner = new TestOwner();
    guardian = service.client().guardian();
    source = new Machine("host-a");
    target = new Machine("host-b");
    third = new Machine("host-c");
  }

  @BeforeEach
  void attest() throws Exception {
    for (Machine each : List.of(source, target, third)) {
      each.attest();
    }
  }

  @AfterAll
  void stop() throws Exception {
    for (Machine each : new Machine[] {source, target, third}) {
      if (each != null) {
        each.host.close();
      }
    }
    if (service != null) {
      service.close();
    }
  }

  /** {@return the protector of a VM that runs at the source} */
  private KeyProtector running() throws Exception {
    KeyProtector first = source.release(owner.shieldingData(guardian, OwnerPolicy.shielded()));
    KeyProtector current = source.release(first);
    assertThat(source.running(current)).isEqualTo(Standing.HELD);
    return current;
  }

  private static String code(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    List<ReportedFinding> findings = refused.problem().findings();
    assertThat(findings).hasSize(1);
    return findings.getFirst().code();
  }

  @Test
  void givenAnOffer_whenHandedOver_thenTheVmIsTheTargetsAndOnlyIts() throws Exception {
    KeyProtector current = running();
    assertThat(source.tell(current, Event.OFFERED, Optional.of(target.enclave())))
        .isEqualTo(Standing.HELD);
    KeyProtector next = target.release(current);
    assertThat(next.generation()).isEqualTo(current.generation() + 1);
    // Until it is handed over it is the source's, and nobody else's.
    assertThat(source.running(current)).isEqualTo(Standing.HELD);
    assertThat(source.tell(current, Event.HANDED_OVER, Optional.of(target.enclave())))
        .isEqualTo(Standing.ENDED);
    assertThat(target.running(next)).isEqualTo(Standing.HELD);
    assertThat(source.running(current)).isEqualTo(Standing.ELSEWHERE);
    assertThat(code(() -> source.release(next))).isEqualTo("vm-runs-elsewhere");
    target.tell(next, Event.STOPPED, Optional.empty());
    assertThat(code(() -> source.release(current))).isEqualTo("generation-superseded");
    assertThat(source.release(next).generation()).isEqualTo(next.generation() + 1);
  }

  @Test
  void givenNoOffer_whenAnotherAsksForTheKeys_thenTheVmRunsElsewhere() throws Exception {
    KeyProtector current = running();
    assertThat(code(() -> target.release(current))).isEqualTo("vm-runs-elsewhere");
  }

  @Test
  void givenAnOfferToOne_whenAThirdAsks_thenItIsNotForThat() throws Exception {
    KeyProtector current = running();
    source.tell(current, Event.OFFERED, Optional.of(target.enclave()));
    assertThat(code(() -> third.release(current))).isEqualTo("vm-runs-elsewhere");
    target.release(current);
    assertThat(code(() -> source.tell(current, Event.HANDED_OVER, Optional.of(third.enclave()))))
        .isEqualTo("move-not-underway");
    assertThat(source.running(current)).isEqualTo(Standing.HELD);
  }

  @Test
  void givenATargetThatHasNoKeys_whenHandedOver_thenThatIsRefusedAndTheVmStays() throws Exception {
    KeyProtector current = running();
    assertThat(code(() -> source.tell(current, Event.HANDED_OVER, Optional.of(target.enclave()))))
        .isEqualTo("move-not-underway");
    source.tell(current, Event.OFFERED, Optional.of(target.enclave()));
    assertThat(code(() -> source.tell(current, Event.HANDED_OVER, Optional.of(target.enclave()))))
        .isEqualTo("move-not-underway");
    assertThat(source.running(current)).isEqualTo(Standing.HELD);
  }

  @Test
  void givenATargetThatHasTheKeys_whenItReportsBeforeTheHandOver_thenItMustNotRun()
      throws Exception {
    KeyProtector current = running();
    source.tell(current, Event.OFFERED, Optional.of(target.enclave()));
    KeyProtector next = target.release(current);
    assertThat(target.running(next)).isEqualTo(Standing.ELSEWHERE);
    // A target that says that it offers or hands over what it has not says nothing.
    assertThat(target.tell(next, Event.OFFERED, Optional.of(third.enclave())))
        .isEqualTo(Standing.ELSEWHERE);
    assertThat(target.tell(next, Event.HANDED_OVER, Optional.of(third.enclave())))
        .isEqualTo(Standing.ELSEWHERE);
    assertThat(source.running(current)).isEqualTo(Standing.HELD);
  }

  @Test
  void givenAMoveThatIsGivenUp_whenTheSourceStops_thenItStartsFromWhereItWas() throws Exception {
    KeyProtector current = running();
    source.tell(current, Event.OFFERED, Optional.of(target.enclave()));
    KeyProtector next = target.release(current);
    source.tell(current, Event.STOPPED, Optional.empty());
    // The offer ended with the VM: the target's copy has no lease, and never will.
    assertThat(code(() -> source.tell(current, Event.HANDED_OVER, Optional.of(target.enclave()))))
        .isEqualTo("move-not-underway");
    assertThat(target.running(next)).isEqualTo(Standing.ELSEWHERE);
    // Nor does the state that the move left there start, older than the one that the VM ended with.
    assertThat(code(() -> target.release(next))).isEqualTo("generation-superseded");
    assertThat(source.release(current).generation()).isEqualTo(current.generation() + 1);
  }

  @Test
  void givenATargetThatIsNotHealthyAnyMore_whenItAsksForTheKeys_thenItIsRefused() throws Exception {
    KeyProtector current = running();
    source.tell(current, Event.OFFERED, Optional.of(target.enclave()));
    service.administer(admin -> admin.fleet().quarantine("host-b", "test"));
    try {
      assertThat(code(() -> target.release(current))).isEqualTo("host-quarantined");
    } finally {
      service.administer(admin -> admin.fleet().restore("host-b"));
    }
  }

  @Test
  void givenABoundVm_whenOfferedToAnotherMachine_thenTheOwnersPolicyStands() throws Exception {
    OwnerPolicy bound =
        new OwnerPolicy(
            OwnerPolicy.shielded().vmClass(),
            OwnerPolicy.shielded().minimumAssurance(),
            List.of(),
            List.of(),
            Optional.empty(),
            OwnerPolicy.Checkpoints.OWNER,
            true);
    KeyProtector current = source.release(source.release(owner.shieldingData(guardian, bound)));
    source.running(current);
    source.tell(current, Event.OFFERED, Optional.of(target.enclave()));
    assertThat(code(() -> target.release(current))).isEqualTo("owner-bound-host");
  }
}
