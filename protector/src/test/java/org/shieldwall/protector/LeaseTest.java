package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.ARENA;
import static org.shieldwall.protector.Parties.ENCLAVE;
import static org.shieldwall.protector.Parties.HGS;
import static org.shieldwall.protector.Parties.OTHER_HGS;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.alter;
import static org.shieldwall.protector.Parties.forge;
import static org.shieldwall.protector.Parties.refused;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.Lease.Standing;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.VmReport.Event;
import tools.jackson.databind.node.ObjectNode;

/** What enclave and service say to each other through an agent that neither trusts. */
class LeaseTest {
  private static final Digest STATE = Digest.of(new byte[] {1});
  private static final PrivateKeySet OTHER_ENCLAVE = PrivateKeySet.generate(RANDOM);

  private final VmReport report = report(Event.RUNNING, Optional.empty(), 1);

  private static VmReport report(Event event, Optional<Digest> state, long count) {
    try (KeyProtector.Created made = Parties.vmProtector()) {
      return VmReport.sign(
          VmReport.Subject.of(made.protector()), event, state, count, ENCLAVE, RANDOM);
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }

  private static VmReport read(ObjectNode json) throws ProtectorException {
    return VmReport.verify(Json.of(json, "report"), ENCLAVE.publicKeys());
  }

  private static Lease lease(ObjectNode json, VmReport asked) throws ProtectorException {
    return Lease.verify(Json.of(json, "lease"), asked, HGS.guardian());
  }

  private ObjectNode held() {
    return Lease.sign(report, Standing.HELD, Duration.ofMinutes(60), HGS.keys(), RANDOM).toJson();
  }

  @Test
  void givenAReport_whenRead_thenItSaysWhatWasSigned() throws Exception {
    VmReport stopped = report(Event.STOPPED, Optional.of(STATE), 7);
    VmReport read = read(stopped.toJson());
    assertThat(read.subject()).isEqualTo(stopped.subject());
    assertThat(read.event()).isEqualTo(Event.STOPPED);
    assertThat(read.state()).contains(STATE);
    assertThat(read.count()).isEqualTo(7);
    assertThat(read.digest()).isEqualTo(stopped.digest());
  }

  @Test
  void givenAReport_whenAlteredOrAnotherEnclaves_thenItIsRefused() {
    ObjectNode altered = report.toJson();
    alter(altered, payload -> payload.put("event", "stopped").put("state", STATE.text()));
    refused(Code.FOREIGN_SIGNATURE, () -> read(altered));
    refused(
        Code.FOREIGN_SIGNATURE,
        () -> VmReport.verify(Json.of(report.toJson(), "report"), OTHER_ENCLAVE.publicKeys()));
    ObjectNode another = report.toJson();
    forge(another, ENCLAVE, payload -> payload.put("enclave", OTHER_ENCLAVE.id().text()));
    refused(Code.ENCLAVE_MISMATCH, () -> read(another));
  }

  @Test
  void givenAReport_whenItsStateDoesNotFitTheEvent_thenItIsMalformed() {
    for (VmReport each :
        new VmReport[] {
          report(Event.RUNNING, Optional.of(STATE), 1), report(Event.STOPPED, Optional.empty(), 1)
        }) {
      refused(Code.MALFORMED, () -> read(each.toJson()));
    }
    ObjectNode zero = report.toJson();
    forge(zero, ENCLAVE, payload -> payload.put("count", 0));
    refused(Code.MALFORMED, () -> read(zero));
  }

  @Test
  void givenALease_whenRead_thenItSaysWhatWasSigned() throws Exception {
    assertThat(lease(held(), report).time()).isEqualTo(Duration.ofMinutes(60));
    ObjectNode elsewhere =
        Lease.sign(report, Standing.ELSEWHERE, Duration.ZERO, HGS.keys(), RANDOM).toJson();
    assertThat(lease(elsewhere, report).standing()).isEqualTo(Standing.ELSEWHERE);
  }

  @Test
  void givenALease_whenMadeUpAlteredOrOfAnotherReport_thenItIsRefused() {
    ObjectNode longer = held();
    alter(longer, payload -> payload.put("seconds", 600_000));
    refused(Code.FOREIGN_SIGNATURE, () -> lease(longer, report));
    ObjectNode byAnother =
        Lease.sign(report, Standing.HELD, Duration.ofHours(1), OTHER_HGS.keys(), RANDOM).toJson();
    refused(Code.FOREIGN_SIGNATURE, () -> lease(byAnother, report));
    refused(Code.NOT_REQUESTED, () -> lease(held(), report(Event.RUNNING, Optional.empty(), 2)));
  }

  @Test
  void givenALease_whenItsTimeDoesNotFitOrNeverEnds_thenItIsMalformed() {
    for (ObjectNode each :
        new ObjectNode[] {
          Lease.sign(report, Standing.BROKEN, Duration.ofHours(1), HGS.keys(), RANDOM).toJson(),
          Lease.sign(report, Standing.HELD, Duration.ZERO, HGS.keys(), RANDOM).toJson(),
          Lease.sign(report, Standing.HELD, Duration.ofDays(8), HGS.keys(), RANDOM).toJson()
        }) {
      refused(Code.MALFORMED, () -> lease(each, report));
    }
  }

  @Test
  void givenTermsInARelease_whenOpened_thenTheEnclaveHasThem() throws Exception {
    KeyProtector old;
    try (KeyProtector.Created made = Parties.vmProtector()) {
      old = made.protector();
    }
    ReleasedHost host = new ReleasedHost(Assurance.TPM, "host-1", "ab", List.of("one", "two"));
    for (ReleaseTerms each :
        new ReleaseTerms[] {
          new ReleaseTerms(Optional.of(STATE), Duration.ofSeconds(90), host),
          new ReleaseTerms(Optional.empty(), Duration.ZERO, ReleasedHost.unknown())
        }) {
      PendingRelease pending =
          ReleaseRequest.create(ReleaseRequest.Purpose.START, old, ENCLAVE, RANDOM);
      try (IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA);
          IngressEgress opened =
              Release.seal(
                      pending.request(), ENCLAVE.publicKeys(), rolled.with(each), RANDOM, ARENA)
                  .open(pending, ENCLAVE, ARENA)) {
        assertThat(opened.terms()).isEqualTo(each);
      }
    }
  }
}
