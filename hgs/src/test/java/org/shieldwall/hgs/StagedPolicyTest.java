package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckResult;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.hgs.admin.Traces.Come;
import org.shieldwall.hgs.admin.Traces.Trial;
import org.shieldwall.hgs.policy.PolicyDocument;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.store.PolicyRegister.State;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * A staged policy that needs more than the one in force: hosts are asked for it, so that trying it
 * decides something, and not judged by it.
 */
class StagedPolicyTest {
  private static final BootLog BOOT = BootLog.of("standard");
  private static final Bytes PROGRAM = TpmHash.SHA256.hash(Bytes.ofText("a program"));
  private static final Bytes OTHER = TpmHash.SHA256.hash(Bytes.ofText("another program"));

  @TempDir private Path temporary;
  private TestService service;
  private TestHost host;

  @BeforeEach
  void start() throws Exception {
    host = TestHost.boot("host-a", BOOT);
    service = TestService.in(temporary.resolve("hgs"));
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.addBaseline(BOOT.baseline("accepted")));
    host.measureFiles(1); // the boot's aggregate
    host.measureStrangeFile("/usr/bin/program", PROGRAM);
  }

  @AfterEach
  void stop() throws Exception {
    service.close();
    host.close();
  }

  private void stage(String name, String checks, Bytes allowed) throws Exception {
    PolicyDocument document =
        PolicyReader.read(
            "staged",
            "name = \"" + name + "\"\nversion = 2\n" + checks,
            PolicyFiles.of(Map.of("list", Bytes.ofText("sha256:" + allowed.hex() + "\n"))));
    service.administer(admin -> admin.policies().add(document, true));
  }

  private static final String FILES = "[checks.code-integrity]\nenabled = true\nallow = \"list\"\n";

  private Trial attempt(String name) throws Exception {
    return service
        .administer(admin ->
            admin
                .traces()
                .attempt(
                    admin
                        .policies()
                        .document(admin.policies().find(name, State.STAGED).orElseThrow())))
        .trials()
        .getFirst();
  }

  @Test
  void givenAStagedListOfWhatMayRun_whenTheHostAttests_thenTryingItDecidesAndItIsNotJudgedByIt()
      throws Exception {
    host.attest(service.client());
    stage("default", FILES, PROGRAM);
    assertThat(attempt("default").come()).as("not asked yet").isEqualTo(Come.UNDECIDED);

    AttestReply reply = host.attest(service.client());
    assertThat(reply.claims().policyVersion()).isEqualTo(1);
    assertThat(reply.claims().checks()).doesNotContain("code-integrity");
    assertThat(attempt("default").notShown()).isEmpty();
    assertThat(attempt("default").come()).isEqualTo(Come.PASSES);

    // What the staged one forbids and the one in force does not ask about: healthy all the same.
    host.measureStrangeFile("/tmp/other", OTHER);
    host.attest(service.client());
    assertThat(attempt("default").healthyNow()).isTrue();
    assertThat(attempt("default").come()).isEqualTo(Come.FAILS);
    assertThat(attempt("default").failed())
        .extracting(CheckResult::check)
        .containsExactly(Check.CODE_INTEGRITY);
  }

  @Test
  void givenAStagedBaselineOfEverything_whenTheHostAttests_thenItIsAskedForItsPcrs()
      throws Exception {
    BootFacts facts =
        BootFacts.draw(
            UntrustedEventLog.parse(BOOT.toBytes().toArray(), LogLimits.DEFAULT), TpmHash.SHA256);
    service.policy(
        """
        name = "default"
        version = 2
        [checks.boot-baseline]
        enabled = true
        any-of = ["accepted"]
        """);
    service.administer(
        admin -> admin.addBaseline(BootBaseline.capture("whole", facts, CaptureLevel.EVERYTHING)));
    Challenge before = service.client().challenge(host.challengeRequest());
    assertThat(before.pcrs()).doesNotContain(0, 2);
    PolicyDocument document =
        PolicyReader.read(
            "staged",
            """
            name = "default"
            version = 3
            [checks.boot-baseline]
            enabled = true
            any-of = ["whole"]
            """,
            PolicyFiles.of(Map.of()));
    service.administer(admin -> admin.policies().add(document, true));

    assertThat(service.client().challenge(host.challengeRequest()).pcrs()).contains(0, 2);
    host.attest(service.client());
    assertThat(attempt("default").come()).isEqualTo(Come.PASSES);
    service.administer(admin -> admin.policies().remove("default", true));
    assertThat(service.client().challenge(host.challengeRequest()).pcrs()).isEqualTo(before.pcrs());
  }

  @Test
  void givenAStagedPolicyOfANewName_whenAnyHostAsks_thenItIsAskedForWhatThatNeeds()
      throws Exception {
    stage("compute", FILES, PROGRAM);
    assertThat(service.client().challenge(host.challengeRequest()).wantsIma()).isTrue();

    // In force, and nobody's but its own hosts'.
    service.administer(admin -> admin.policies().activate("compute"));
    assertThat(service.client().challenge(host.challengeRequest()).wantsIma()).isFalse();
    PolicyDocument next =
        PolicyReader.read(
            "staged",
            "name = \"compute\"\nversion = 3\n" + FILES,
            PolicyFiles.of(Map.of("list", Bytes.ofText("sha256:" + PROGRAM.hex() + "\n"))));
    service.administer(admin -> admin.policies().add(next, true));
    assertThat(service.client().challenge(host.challengeRequest()).wantsIma())
        .as("another policy's staged version")
        .isFalse();
  }
}
