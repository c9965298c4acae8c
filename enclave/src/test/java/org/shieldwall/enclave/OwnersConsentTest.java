package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.ReleasedHost;
import org.shieldwall.protector.VmClass;

/**
 * The owner's policy in the enclave, whatever a service released: each point alone, then in real
 * enclaves with and without a TPM, to which the service has said anything.
 */
@Timeout(90)
class OwnersConsentTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String TPM = "11".repeat(32);
  private static final ReleasedHost GOOD =
      new ReleasedHost(Assurance.TPM, "rack-1", TPM, List.of("debian", "firmware"));
  private static final OwnersConsent WITH = new OwnersConsent(new OwnHost(Optional.of(TPM)));
  private static final OwnersConsent WITHOUT = new OwnersConsent(OwnHost.withoutTpm());

  @TempDir Path folder;

  private static OwnerPolicy policy(
      Assurance minimum,
      List<String> baselines,
      List<String> hosts,
      Instant expires,
      boolean bound) {
    return new OwnerPolicy(
        VmClass.SHIELDED,
        minimum,
        baselines,
        hosts,
        Optional.of(expires),
        OwnerPolicy.Checkpoints.OWNER,
        bound);
  }

  private static OwnerPolicy strict() {
    return policy(
        Assurance.TPM, List.of("debian", "firmware"), List.of("rack-1"), NOW.plusSeconds(1), true);
  }

  private static OwnerPolicy lax(boolean bound) {
    return policy(Assurance.DIRECTORY, List.of(), List.of(), NOW.plusSeconds(1), bound);
  }

  private static void refused(
      OwnersConsent consent, OwnerPolicy policy, ReleasedHost host, String... why) {
    assertThatThrownBy(() -> consent.require(policy, host, NOW))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              assertThat(e.answer().code()).isEqualTo("owner-policy");
              assertThat(e.answer().detail()).contains(why);
              assertThat(e.answer().detail().split("; ", -1)).hasSameSizeAs(why);
            });
  }

  @Test
  void givenAHostThatIsAllAskedForThenItIsAllowed() {
    assertThatCode(() -> WITH.require(strict(), GOOD, NOW)).doesNotThrowAnyException();
  }

  @Test
  void givenOnePointShortThenThatOneIsNamed() {
    refused(
        WITH,
        policy(Assurance.TPM, List.of(), List.of(), NOW.plusSeconds(1), false),
        new ReleasedHost(Assurance.HOST_KEY, "rack-1", "key", List.of()),
        "assurance is host-key, the owner asks for tpm");
    refused(
        WITH,
        strict(),
        new ReleasedHost(Assurance.TPM, "rack-1", TPM, List.of("debian")),
        "matches the baselines [debian]");
    refused(
        WITH,
        strict(),
        new ReleasedHost(Assurance.TPM, "rack-2", TPM, GOOD.baselines()),
        "the host is rack-2");
    refused(
        WITH, policy(Assurance.TPM, List.of(), List.of(), NOW, false), GOOD, "policy has ended");
  }

  @Test
  void givenEveryPointShortThenAllAreNamed() {
    refused(
        WITHOUT,
        policy(Assurance.TPM, List.of("debian"), List.of("rack-1"), NOW, false),
        new ReleasedHost(Assurance.DIRECTORY, "rack-2", "sid", List.of()),
        "assurance",
        "baselines",
        "the host is",
        "has ended",
        "seen no TPM");
  }

  @Test
  void givenAServiceThatClaimsATpmWhenTheEnclaveHasNoneOrAnotherThenItIsNotBelieved() {
    refused(WITHOUT, strict(), GOOD, "this enclave has seen no TPM");
    refused(WITHOUT, lax(false), GOOD, "this enclave has seen no TPM");
    ReleasedHost another =
        new ReleasedHost(Assurance.TPM, "rack-1", "22".repeat(32), GOOD.baselines());
    refused(WITH, strict(), another, "released for the TPM 2222");
    refused(WITH, lax(false), another, "released for the TPM 2222");
  }

  @Test
  void givenAVmBoundToAMachineThenTheTpmIsWhatItIsKnownBy() {
    ReleasedHost byKey = new ReleasedHost(Assurance.HOST_KEY, "rack-1", "key", List.of());
    refused(WITH, lax(true), byKey, "not its TPM");
    assertThatCode(() -> WITH.require(lax(false), byKey, NOW)).doesNotThrowAnyException();
    assertThatCode(() -> WITHOUT.require(lax(true), byKey, NOW)).doesNotThrowAnyException();
  }

  @Test
  void givenARealEnclaveWhenTheServiceReleasesWhatTheOwnerForbidsThenItRefusesItself()
      throws Exception {
    try (TestHost host = new TestHost(open("with"))) {
      ReleasedHost released = host.released();
      Instant later = Instant.now().plusSeconds(3600);
      assertThat(started(host, released, policy(Assurance.TPM, List.of(), List.of(), later, true)))
          .as("the way there is open: the VM's folder is empty")
          .isEqualTo("vm-state-altered");
      assertThat(
              started(host, released, policy(Assurance.TPM, List.of("b"), List.of(), later, true)))
          .isEqualTo("owner-policy");
      assertThat(
              started(host, released, policy(Assurance.TPM, List.of(), List.of("x"), later, true)))
          .isEqualTo("owner-policy");
      ReleasedHost elsewhere = new ReleasedHost(Assurance.TPM, "host", TPM, List.of());
      assertThat(started(host, elsewhere, policy(Assurance.TPM, List.of(), List.of(), later, true)))
          .isEqualTo("owner-policy");
    }
  }

  @Test
  void givenARealEnclaveWithoutATpmWhenTheServiceSaysThereIsOneThenItRefusesItself()
      throws Exception {
    try (TestHost host = new TestHost(open("without"), false, false)) {
      ReleasedHost released = host.released();
      Instant later = Instant.now().plusSeconds(3600);
      OwnerPolicy tpm = policy(Assurance.TPM, List.of(), List.of(), later, false);
      assertThat(started(host, released, tpm)).isEqualTo("owner-policy");
      ReleasedHost byKey = new ReleasedHost(Assurance.HOST_KEY, "host", "key", List.of());
      assertThat(started(host, byKey, tpm)).isEqualTo("owner-policy");
      OwnerPolicy any = policy(Assurance.DIRECTORY, List.of(), List.of(), later, false);
      assertThat(started(host, byKey, any)).isEqualTo("vm-state-altered");
    }
  }

  private Path open(String name) throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    return Files.createDirectory(folder.resolve(name));
  }

  /** {@return the code of the enclave's refusal} */
  private static String started(TestHost host, ReleasedHost released, OwnerPolicy policy)
      throws Exception {
    TestService service = new TestService(released, policy);
    KeyProtector protector = service.provisioned();
    var keys = (Answer.EnclaveKeys) host.client().ask(new Request.Keys());
    var prepared =
        (Answer.Prepared)
            host.client().ask(new Request.Prepare(Request.Purpose.START, protector.toJson()));
    Request start =
        new Request.Start(
            prepared.session(),
            service.release(prepared.request(), keys.keys(), protector),
            host.newVmDirectory("vm-" + prepared.session()),
            new Request.Definition("a", 1, 512),
            Request.Network.NONE,
            Request.Saved.USE);
    return ((Answer.Refused) host.client().ask(start)).code();
  }
}
