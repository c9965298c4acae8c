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
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.keys.KeyProtectionService;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PendingRelease;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.node.ObjectNode;

/** Key release: what an attested enclave gets, and every reason why it does not. */
class ReleaseTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @TempDir private static Path temporary;
  private static TestService service;
  private static TestHost host;
  private static TestOwner owner;
  private static Guardian guardian;
  private Bytes certificate = Bytes.EMPTY;

  @BeforeAll
  static void start() throws Exception {
    BootLog boot = BootLog.of("standard");
    host = TestHost.boot("host-a", boot);
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
    owner = new TestOwner();
    guardian = service.client().guardian();
  }

  @AfterAll
  static void stop() throws Exception {
    if (service != null) {
      service.close();
    }
    if (host != null) {
      host.close();
    }
  }

  @BeforeEach
  void attest() throws Exception {
    certificate = host.attest(service.client()).certificate();
  }

  private KeyProtector release(KeyProtector protector) throws Exception {
    return TestOwner.release(service.client(), certificate, protector, host.enclave());
  }

  private KeyProtector shieldingData() throws Exception {
    return owner.shieldingData(guardian, OwnerPolicy.shielded());
  }

  private static Problem refusal(ThrowingCallable attempt) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, attempt);
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem();
  }

  private static List<String> codes(Problem problem) {
    return problem.findings().stream().map(ReportedFinding::code).toList();
  }

  @Test
  void givenShieldingData_whenReleased_thenANewVmBeginsAndGoesOnFromStartToStart()
      throws Exception {
    KeyProtector data = shieldingData();
    KeyProtector first = release(data);
    assertThat(first.generation()).isEqualTo(1);
    assertThat(first.vm()).isPresent();
    assertThat(first.signer()).isEqualTo(guardian.id());

    KeyProtector second = release(first);
    assertThat(second.generation()).isEqualTo(2);
    assertThat(second.vm()).isEqualTo(first.vm());
    KeyProtector third = release(second);
    assertThat(third.generation()).isEqualTo(3);

    AuditRecord record = service.audit().getLast();
    assertThat(record.kind()).isEqualTo("released");
    assertThat(record.subject()).isEqualTo("vm " + first.vm().orElseThrow());
    assertThat(record.detail()).contains("\"host\":\"host-a\"").contains(second.digest().text());
  }

  @Test
  void givenTheSameShieldingData_whenReleasedTwice_thenTheyAreTwoVms() throws Exception {
    KeyProtector data = shieldingData();
    assertThat(release(data).vm()).isNotEqualTo(release(data).vm());
  }

  @Test
  void givenAnOldCopy_whenStarted_thenItIsSuperseded() throws Exception {
    KeyProtector first = release(shieldingData());
    KeyProtector second = release(first);
    KeyProtector third = release(second);

    Problem problem = refusal(() -> release(first));
    assertThat(problem.status()).isEqualTo(409);
    assertThat(problem.type()).endsWith(":generation-superseded");
    assertThat(codes(problem)).containsExactly("generation-superseded");
    assertThat(problem.findings().getFirst().found()).contains("generation 1");
    release(third);
    assertThat(refusal(() -> release(second)).status()).isEqualTo(409);
  }

  @Test
  void givenALostAnswer_whenTheCommittedOneComesAgain_thenItReplacesThePendingOne()
      throws Exception {
    KeyProtector first = release(shieldingData());
    KeyProtector second = release(first);
    KeyProtector again = release(first);
    assertThat(again.generation()).isEqualTo(2);
    assertThat(again.digest()).isNotEqualTo(second.digest());

    assertThat(refusal(() -> release(second)).status()).isEqualTo(409);
    assertThat(release(again).generation()).isEqualTo(3);
  }

  @Test
  void givenAVmUnknownHere_whenItsFirstGenerationIsTheOwners_thenItIsTakenIn() throws Exception {
    KeyProtector shieldedByOwner = owner.existingVm(guardian);
    KeyProtector second = release(shieldedByOwner);
    assertThat(second.generation()).isEqualTo(2);
    assertThat(release(second).generation()).isEqualTo(3);
    assertThat(refusal(() -> release(shieldedByOwner)).status()).isEqualTo(409);
  }

  @Test
  void givenAVmOfAnotherService_whenBroughtHere_thenItIsNotKnown(@TempDir Path elsewhere)
      throws Exception {
    try (TestService other = TestService.in(elsewhere.resolve("other"))) {
      KeyProtector foreign = owner.shieldingData(other.client().guardian(), OwnerPolicy.shielded());
      Problem problem = refusal(() -> release(foreign));
      assertThat(problem.status()).isEqualTo(403);
      assertThat(codes(problem)).containsExactly("unknown-guardian");
      assertThat(problem.findings().getFirst().remedy()).contains("hgs guardian show");

      Bytes foreignCertificate = certificate;
      assertThat(
              codes(
                  refusal(() ->
                      TestOwner.release(
                          other.client(), foreignCertificate, foreign, host.enclave()))))
          .containsExactly("certificate-not-good");
    }
  }

  @Test
  void givenAVmOfAnotherGuardianOfTheGrant_whenBroughtHere_thenNothingShowsThatItIsTheNewest()
      throws Exception {
    PrivateKeySet ownerKeys = PrivateKeySet.generate(RANDOM);
    Guardian by = Guardian.create("Owner", Instant.now(), ownerKeys, RANDOM);
    PrivateKeySet otherKeys = PrivateKeySet.generate(RANDOM);
    Guardian other = Guardian.create("Other", Instant.now(), otherKeys, RANDOM);
    Grant grant =
        Grant.issue(
            by, ownerKeys, List.of(guardian, other), OwnerPolicy.shielded(), Instant.now(), RANDOM);
    SecretArena arena = SecretArena.plain();
    KeyProtector data =
        KeyProtector.createForShieldingData(grant, ownerKeys, RANDOM, arena).protector();
    KeyProtector first = data.provision(UUID.randomUUID(), otherKeys, RANDOM, arena).next();
    KeyProtector second = first.roll(otherKeys, RANDOM, arena).next();
    KeyProtector owners =
        KeyProtector.createForVm(grant, UUID.randomUUID(), ownerKeys, RANDOM, arena).protector();
    KeyProtector ownersSecond = owners.roll(ownerKeys, RANDOM, arena).next();
    for (KeyProtector unknown : List.of(first, second, ownersSecond)) {
      Problem problem = refusal(() -> release(unknown));
      assertThat(problem.status()).isEqualTo(409);
      assertThat(codes(problem)).containsExactly("vm-not-known");
    }
  }

  /** The service draws random numbers between its checks and the transaction that counts. */
  @Test
  void givenAHostRemovedWhileItsReleaseIsMade_whenItIsRecorded_thenItIsRefused() throws Exception {
    KeyProtector data = shieldingData();
    PendingRelease pending = TestOwner.request(data, host.enclave());
    byte[] message = ReleaseMessage.toBytes(certificate, pending.request().toJson(), data.toJson());
    HgsFolder folder = service.folder();
    Unlock unlock = new Unlock.KeyFile(folder.readConfiguration().keyFile().orElseThrow());
    SecureRandom removing =
        new SecureRandom() {
          @Override
          public void nextBytes(byte[] bytes) {
            super.nextBytes(bytes);
            try {
              service.administer(admin -> admin.removeHost("host-a"));
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          }
        };
    try (Database database = folder.openDatabase()) {
      AuditLog audit = new AuditLog(service.clock());
      KeyProtectionService keys =
          new KeyProtectionService(
              database,
              audit,
              new AuditedRefusals(database, audit, service.clock()),
              GuardianKey.open(folder.guardianKey(), unlock, RANDOM),
              List.of(Certificates.read(folder.signer())),
              Duration.ofHours(1),
              service.clock(),
              removing);
      assertThat(codes(refusal(() -> keys.release(message)))).containsExactly("host-removed");
      assertThat(service.audit().getLast().kind()).isEqualTo("release-refused");
    } finally {
      service.administer(admin -> admin.addHost(host.identity()));
    }
  }

  @Test
  void givenOneVmStartedManyTimesAtOnce_whenDone_thenOneCopyIsCurrent() throws Exception {
    KeyProtector first = release(shieldingData());
    List<Callable<KeyProtector>> attempts = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      attempts.add(() -> release(first));
    }
    List<KeyProtector> nexts = new ArrayList<>();
    try (ExecutorService hosts = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<KeyProtector> each : hosts.invokeAll(attempts)) {
        nexts.add(each.get());
      }
    }
    int current = 0;
    for (KeyProtector next : nexts) {
      RefusedException refused = catchThrowableOfType(RefusedException.class, () -> release(next));
      current += refused == null ? 1 : 0;
    }
    assertThat(current).isEqualTo(1);
  }

  @Test
  void givenARequest_whenSentTwice_thenTheSecondIsRefusedEvenAfterARestart() throws Exception {
    KeyProtector first = release(shieldingData());
    PendingRelease pending = TestOwner.request(first, host.enclave());
    ObjectNode request = pending.request().toJson();
    service.client().release(certificate, request, first.toJson());
    Problem problem = refusal(() -> service.client().release(certificate, request, first.toJson()));
    assertThat(codes(problem)).containsExactly("request-replayed");
    service.restart();
    assertThat(codes(refusal(() -> service.client().release(certificate, request, first.toJson()))))
        .containsExactly("request-replayed");
  }

  @Test
  void givenAnotherEnclavesRequest_whenSentWithThisCertificate_thenItIsForeign() throws Exception {
    KeyProtector data = shieldingData();
    PrivateKeySet other = PrivateKeySet.generate(RANDOM);
    PendingRelease pending = TestOwner.request(data, other);
    Problem problem =
        refusal(
            () -> service.client().release(certificate, pending.request().toJson(), data.toJson()));
    assertThat(problem.status()).isEqualTo(403);
    assertThat(codes(problem)).containsExactly("foreign-signature");
  }

  @Test
  void givenARequestForAnotherProtector_whenSent_thenItIsRefused() throws Exception {
    PendingRelease pending = TestOwner.request(shieldingData(), host.enclave());
    KeyProtector other = shieldingData();
    Problem problem =
        refusal(() ->
            service.client().release(certificate, pending.request().toJson(), other.toJson()));
    assertThat(codes(problem)).containsExactly("protector-mismatch");
  }

  @Test
  void givenAnAlteredProtector_whenSent_thenItsSignatureIsForeign() throws Exception {
    KeyProtector data = shieldingData();
    ObjectNode mine = data.toJson();
    ObjectNode others = shieldingData().toJson();
    mine.withObject("/grant").set("signature", others.withObject("/grant").get("signature"));
    PendingRelease pending = TestOwner.request(data, host.enclave());
    Problem problem =
        refusal(() -> service.client().release(certificate, pending.request().toJson(), mine));
    assertThat(codes(problem)).containsExactly("foreign-signature");
    mine.withObject("/grant").remove("signature");
    assertThat(
            codes(
                refusal(
                    () -> service.client().release(certificate, pending.request().toJson(), mine))))
        .containsExactly("missing-signature");
  }

  @Test
  void givenOwnersPolicies_whenTheHostFallsShort_thenEachPointIsReported() throws Exception {
    OwnerPolicy strict =
        new OwnerPolicy(
            VmClass.SHIELDED,
            Assurance.TPM,
            List.of("another-baseline"),
            List.of("host-b"),
            Optional.of(Instant.now().minus(Duration.ofDays(1))));
    KeyProtector data = owner.shieldingData(guardian, strict);
    Problem problem = refusal(() -> release(data));
    assertThat(problem.status()).isEqualTo(403);
    assertThat(codes(problem)).containsExactly("owner-baselines", "owner-host", "expired");

    OwnerPolicy met =
        new OwnerPolicy(
            VmClass.SHIELDED,
            Assurance.TPM,
            List.of("accepted"),
            List.of("host-a"),
            Optional.of(Instant.now().plus(Duration.ofDays(1))));
    assertThat(release(owner.shieldingData(guardian, met)).generation()).isEqualTo(1);
  }

  @Test
  void givenAnExpiredCertificate_whenUsed_thenItIsRefused() throws Exception {
    KeyProtector data = shieldingData();
    service.clock().advance(Duration.ofHours(9));
    Problem problem = refusal(() -> release(data));
    assertThat(problem.status()).isEqualTo(401);
    assertThat(codes(problem)).containsExactly("certificate-not-good");
    assertThat(problem.detail()).contains("expired");
  }

  @Test
  void givenARemovedHost_whenItUsesItsCertificate_thenItIsWithdrawn() throws Exception {
    KeyProtector data = shieldingData();
    service.administer(admin -> admin.removeHost("host-a"));
    try {
      Problem problem = refusal(() -> release(data));
      assertThat(problem.status()).isEqualTo(401);
      assertThat(codes(problem)).containsExactly("host-removed");
    } finally {
      service.administer(admin -> admin.addHost(host.identity()));
    }
    attest();
    release(data);
  }

  @Test
  void givenACertificateFromBeforeARemoval_whenTheHostIsAddedAgain_thenItStaysWithdrawn()
      throws Exception {
    KeyProtector data = shieldingData();
    service.clock().advance(Duration.ofMinutes(1));
    service.administer(admin -> admin.removeHost("host-a"));
    service.administer(admin -> admin.addHost(host.identity()));
    Problem problem = refusal(() -> release(data));
    assertThat(problem.status()).isEqualTo(401);
    assertThat(codes(problem)).containsExactly("certificate-withdrawn");
    attest();
    release(data);
  }

  @Test
  void givenANameThatIsAnotherTpms_whenItsFormerHolderAsks_thenItIsWithdrawn() throws Exception {
    KeyProtector data = shieldingData();
    String ek = HealthCertificate.parse(certificate).claims().identity();
    try (Database database = service.folder().openDatabase()) {
      String change = "UPDATE host SET ek = ? WHERE name = 'host-a'";
      // Whoever writes the database past the service has first to get this out of the way.
      String trigger = "host_keeps_its_name_and_key";
      String guard =
          database.read(reading ->
              reading
                  .createQuery("SELECT sql FROM sqlite_master WHERE name = :name")
                  .bind("name", trigger)
                  .mapTo(String.class)
                  .one());
      database.write(writing -> writing.execute("DROP TRIGGER " + trigger));
      assertThat(database.<Integer>write(writing -> writing.execute(change, "ab"))).isEqualTo(1);
      try {
        assertThat(codes(refusal(() -> release(data)))).containsExactly("host-removed");
      } finally {
        assertThat(database.<Integer>write(writing -> writing.execute(change, ek))).isEqualTo(1);
        database.write(writing -> writing.execute(guard));
      }
    }
    release(data);
  }

  @Test
  void givenAnAlteredCertificate_whenUsed_thenItDoesNotCount() throws Exception {
    KeyProtector data = shieldingData();
    byte[] altered = certificate.toArray();
    altered[altered.length - 1] ^= 1;
    PendingRelease pending = TestOwner.request(data, host.enclave());
    Problem problem =
        refusal(() ->
            service.client().release(Bytes.of(altered), pending.request().toJson(), data.toJson()));
    assertThat(problem.status()).isIn(400, 401);
  }

  @Test
  void givenARelease_whenAnotherEnclaveReadsIt_thenItOpensNothing() throws Exception {
    KeyProtector data = shieldingData();
    PendingRelease pending = TestOwner.request(data, host.enclave());
    Release release =
        service.client().release(certificate, pending.request().toJson(), data.toJson());
    PrivateKeySet other = PrivateKeySet.generate(RANDOM);
    assertThat(
            catchThrowableOfType(
                org.shieldwall.protector.ProtectorException.class,
                () ->
                    release.open(
                        pending, other, org.shieldwall.protector.secret.SecretArena.plain())))
        .isNotNull();
  }
}
