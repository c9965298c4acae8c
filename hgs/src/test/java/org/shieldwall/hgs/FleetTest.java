package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.HealthClaims.ExceptedCheck;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Hosts of one service that are held to different things. */
class FleetTest {
  private static final BootLog BOOT = BootLog.of("standard");
  private static final Bytes BAD = TpmHash.SHA256.hash(Bytes.ofText("a bad program"));

  @TempDir private Path temporary;
  private TestService service;
  private final List<TestHost> hosts = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.addBaseline(BOOT.baseline("accepted")));
    Files.write(
        service.folder().path().resolve("good.txt"),
        BOOT.files().stream().map(each -> "sha256:" + each.hex()).toList());
  }

  @AfterEach
  void stop() throws Exception {
    for (TestHost host : hosts) {
      host.close();
    }
    if (service != null) {
      service.close();
    }
  }

  private TestHost host(String name, BootLog boot, String... labels) throws Exception {
    TestHost host = TestHost.boot(name, boot);
    hosts.add(host);
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.fleet().label(name, List.of(labels), List.of()));
    return host;
  }

  private List<String> refusal(TestHost host) {
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> host.attest(service.client()));
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  private void assign(String policy, String label) throws Exception {
    service.administer(admin -> {
      admin.policies().assign(policy, label);
      return true;
    });
  }

  @Test
  void givenThreeHostsOfThreePolicies_whenTheyAttest_thenEachIsHeldToItsOwn() throws Exception {
    service.policy(
        """
        name = "strict"
        version = 4
        [checks.code-integrity]
        enabled = true
        allow = "good.txt"
        """);
    service.policy(
        """
        name = "lab"
        version = 1
        [checks.secure-boot]
        enabled = false
        [checks.boot-baseline]
        enabled = false
        """);
    assign("strict", "production");
    assign("lab", "laboratory");
    TestHost plain = host("plain", BOOT);
    TestHost strict = host("strict-host", BOOT, "production", "rack7");
    TestHost loose = host("loose", BootLog.of("secure-boot-off"), "laboratory");
    TestHost stray = host("stray", BootLog.of("secure-boot-off"));

    AttestReply byDefault = plain.attest(service.client());
    assertThat(byDefault.claims().policyName()).isEqualTo("default");
    assertThat(byDefault.claims().policyVersion()).isEqualTo(1);
    assertThat(byDefault.claims().checks())
        .contains("secure-boot", "boot-baseline", "quote")
        .doesNotContain("code-integrity");

    assertThat(refusal(strict)).as("no list of what ran").containsExactly("evidence-missing");
    strict.measureFiles(BOOT.ima().size());
    AttestReply strictly = strict.attest(service.client());
    assertThat(strictly.claims().policyName()).isEqualTo("strict");
    assertThat(strictly.claims().policyVersion()).isEqualTo(4);
    assertThat(strictly.claims().checks()).contains("code-integrity");
    strict.measureStrangeFile("/tmp/bad", BAD);
    assertThat(refusal(strict)).containsExactly("ima-not-allowed");

    AttestReply loosely = loose.attest(service.client());
    assertThat(loosely.claims().policyName()).isEqualTo("lab");
    assertThat(loosely.claims().checks())
        .as("off is not passed")
        .doesNotContain("secure-boot", "boot-baseline");
    assertThat(loosely.claims().baselines()).isEmpty();
    assertThat(refusal(stray)).contains("secure-boot-off", "boot-baseline-mismatch");
  }

  @Test
  void givenAPolicyThatIsStaged_whenActivated_thenItCountsFromThenOn() throws Exception {
    TestHost host = host("host-a", BOOT);
    service.administer(admin ->
        admin
            .policies()
            .add(
                PolicyReader.read(
                    "p",
                    "name = \"default\"\nversion = 2\n[checks.code-integrity]\nenabled = true\n",
                    PolicyFiles.of(Map.of())),
                true));
    assertThat(host.attest(service.client()).claims().policyVersion()).isEqualTo(1);
    service.administer(admin -> admin.policies().activate("default"));
    assertThat(refusal(host)).as("on, and nothing to compare with").isNotEmpty();
    service.administer(admin -> admin.policies().remove("default", false));
    assertThat(host.attest(service.client()).claims().policyVersion()).isEqualTo(1);
  }

  @Test
  void givenAnException_whenTheHostAttests_thenItIsStatedAndEndsInTime() throws Exception {
    TestHost host = host("host-a", BootLog.of("secure-boot-off"));
    assertThat(refusal(host)).contains("secure-boot-off", "boot-baseline-mismatch");
    Duration hour = Duration.ofHours(1);
    for (String check : List.of("secure-boot", "boot-baseline")) {
      service.administer(
          admin -> admin.exceptions().except("host-a", check, hour, "firmware is on its way"));
    }
    AttestReply reply = host.attest(service.client());
    assertThat(reply.claims().exceptions())
        .extracting(ExceptedCheck::check)
        .containsExactlyInAnyOrder("secure-boot", "boot-baseline");
    assertThat(reply.claims().checks()).doesNotContain("secure-boot", "boot-baseline");
    assertThat(reply.expires())
        .as("no longer than the exceptions")
        .isBeforeOrEqualTo(service.clock().instant().plus(hour));
    AuditRecord attested = service.audit().getLast();
    assertThat(attested.detail()).contains("excepted").contains("secure-boot");
    assertThat(service.audit())
        .extracting(AuditRecord::kind)
        .contains("exception-made")
        .doesNotContain("exception-ended");

    service.clock().advance(hour);
    assertThat(refusal(host)).contains("secure-boot-off", "boot-baseline-mismatch");
    for (String always : List.of("quote", "event-log", "ek-registered")) {
      assertThatThrownBy(() ->
              service.administer(
                  admin -> admin.exceptions().except("host-a", always, hour, "no reason will do")))
          .hasMessageContaining("always made");
    }
  }

  @Test
  void givenABaselineThatExpires_whenItsTimeIsOver_thenItsBootIsRefused() throws Exception {
    TestHost host = host("host-a", BOOT);
    Instant end = service.clock().instant().plus(Duration.ofHours(2));
    service.administer(admin -> admin.boots().expire("accepted", Optional.of(end)));
    assertThat(host.attest(service.client()).expires()).isBeforeOrEqualTo(end);
    service.clock().advance(Duration.ofHours(2));
    assertThat(refusal(host)).containsExactly("boot-baseline-missing");
  }

  @Test
  void givenAQuarantinedHost_whenItAsks_thenItIsToldSoAndAHostRestoredIsGoodAgain()
      throws Exception {
    TestHost host = host("host-a", BOOT);
    host.attest(service.client());
    service.administer(admin -> admin.fleet().quarantine("host-a", "an alarm"));
    assertThat(refusal(host)).containsExactly("host-quarantined");
    assertThatThrownBy(() -> service.administer(admin -> admin.addHost(host.identity())))
        .hasMessageContaining("quarantined");
    service.administer(admin -> admin.fleet().restore("host-a"));
    host.attest(service.client());
    service.administer(admin -> admin.fleet().revoke("host-a", "stolen"));
    assertThat(refusal(host)).containsExactly("host-revoked");
    assertThatThrownBy(() -> service.administer(admin -> admin.fleet().restore("host-a")))
        .hasMessageContaining("revoked");
    service.administer(admin -> admin.addHost(host.identity()));
    host.attest(service.client());
    assertThat(service.audit())
        .extracting(AuditRecord::kind)
        .contains("host-quarantined", "host-restored", "host-revoked");
  }

  @Test
  void givenTwoPolicies_whenOneHostWouldHaveBoth_thenItIsRefusedWhicheverComesLast()
      throws Exception {
    service.policy("name = \"one\"\nversion = 1\n");
    service.policy("name = \"two\"\nversion = 1\n");
    assign("one", "a");
    assign("two", "b");
    TestHost host = host("host-a", BOOT, "a");
    assertThatThrownBy(() ->
            service.administer(admin -> admin.fleet().label(host.name(), List.of("b"), List.of())))
        .hasMessageContaining("two policies");
    assertThatThrownBy(
            () -> {
              service.administer(
                  admin -> admin.fleet().label(host.name(), List.of("c"), List.of()));
              assign("two", "c");
            })
        .hasMessageContaining("two policies");
    assertThatThrownBy(() -> service.administer(admin -> admin.policies().remove("one", false)))
        .hasMessageContaining("assigned to a");
  }

  @Test
  void givenAnException_whenItsHostIsRevokedAndAddedAgain_thenTheHostHasToPassEveryCheck()
      throws Exception {
    TestHost host = host("host-a", BootLog.of("secure-boot-off"));
    Duration day = Duration.ofDays(1);
    for (String check : List.of("secure-boot", "boot-baseline")) {
      service.administer(admin -> admin.exceptions().except("host-a", check, day, "for now"));
    }
    host.attest(service.client());
    service.administer(admin -> admin.fleet().revoke("host-a", "stolen"));
    service.administer(admin -> admin.addHost(host.identity()));
    assertThat(refusal(host)).contains("secure-boot-off", "boot-baseline-mismatch");
    assertThat(service.audit()).extracting(AuditRecord::kind).contains("exception-ended");
  }
}
