package org.shieldwall.hgs.attestation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.TestCertificates;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.keys.KeyProtectionService;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.testing.TestOwner;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PendingRelease;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.VmClass;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** What a member's certificate releases, and how that ends. */
class DirectoryReleaseTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final KeyPair KEY = TestCertificates.newSignerKey(RANDOM);
  private static final X509Certificate SIGNER = TestCertificates.forSigner(KEY, RANDOM);
  private static final String SID = "S-1-5-21-1-2-3-1104";

  @TempDir private Path temporary;
  private final PrivateKeySet enclave = PrivateKeySet.generate(RANDOM);
  private TestService service;
  private TestOwner owner;

  @BeforeEach
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    owner = new TestOwner();
    service.administer(admin -> admin.modes().enable(AttestationMode.DIRECTORY));
    service.administer(admin -> admin.modes().addGroup(SID, "guarded hosts"));
    service.clock().advance(Duration.ofSeconds(2));
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Bytes certificate() {
    HealthClaims claims =
        new HealthClaims(
            "directory",
            "directory",
            "NODE1$@EXAMPLE.ORG",
            "S-1-5-21-1-2-3-2001",
            SID,
            enclave.publicKeys(),
            "directory",
            1,
            List.of(),
            0,
            0,
            List.of(),
            List.of());
    return new CertificateIssuer(KEY.getPrivate(), SIGNER, Duration.ofHours(8), RANDOM)
        .issue(claims, service.clock().instant(), Instant.MAX)
        .der();
  }

  private List<String> refusal(Bytes certificate, Assurance minimum) throws Exception {
    OwnerPolicy policy =
        new OwnerPolicy(VmClass.SHIELDED, minimum, List.of(), List.of(), Optional.empty());
    KeyProtector data = owner.shieldingData(service.guardian(), policy);
    PendingRelease pending = TestOwner.request(data, enclave);
    byte[] message = ReleaseMessage.toBytes(certificate, pending.request().toJson(), data.toJson());
    HgsFolder folder = service.folder();
    Unlock unlock = new Unlock.KeyFile(folder.readConfiguration().keyFile().orElseThrow());
    try (Database database = folder.openDatabase()) {
      AuditLog audit = new AuditLog(service.clock());
      KeyProtectionService keys =
          new KeyProtectionService(
              database,
              audit,
              new AuditedRefusals(database, audit, service.clock()),
              GuardianKey.open(folder.path().resolve("guardian-key.sealed"), unlock, RANDOM),
              List.of(SIGNER),
              Duration.ofHours(1),
              service.clock(),
              RANDOM);
      RefusedException refused =
          catchThrowableOfType(RefusedException.class, () -> keys.release(message));
      return refused == null
          ? List.of()
          : refused.problem().findings().stream().map(ReportedFinding::code).toList();
    }
  }

  @Test
  void givenAMembersCertificate_whenReleased_thenOnlyOwnersWhoAskForNoMoreGetIt() throws Exception {
    Bytes certificate = certificate();
    assertThat(refusal(certificate, Assurance.DIRECTORY)).isEmpty();
    assertThat(refusal(certificate, Assurance.HOST_KEY)).containsExactly("owner-assurance");
    assertThat(refusal(certificate, Assurance.TPM)).containsExactly("owner-assurance");
  }

  @Test
  void givenAMembersCertificate_whenItsGroupIsRemoved_thenItReleasesNothingEverAgain()
      throws Exception {
    Bytes certificate = certificate();
    service.administer(admin -> admin.modes().removeGroup(SID));
    assertThat(refusal(certificate, Assurance.DIRECTORY)).containsExactly("group-removed");
    service.clock().advance(Duration.ofSeconds(2));
    service.administer(admin -> admin.modes().addGroup(SID, "guarded hosts"));
    assertThat(refusal(certificate, Assurance.DIRECTORY)).containsExactly("certificate-withdrawn");
    assertThat(refusal(certificate(), Assurance.DIRECTORY)).isEmpty();
  }

  @Test
  void givenAMembersCertificate_whenTheModeIsSwitchedOff_thenItReleasesNothing() throws Exception {
    Bytes certificate = certificate();
    service.administer(admin -> admin.modes().disable(AttestationMode.DIRECTORY));
    assertThat(refusal(certificate, Assurance.DIRECTORY)).containsExactly("mode-not-enabled");
  }
}
