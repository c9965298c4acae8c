package org.shieldwall.hgs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.hgs.testing.BootLog;
import org.shieldwall.hgs.testing.TestHost;
import org.shieldwall.hgs.testing.TestService;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** A service whose policy says what may run, and hosts that keep to it or do not. */
class ImaPolicyTest {
  private static final Bytes BAD = TpmHash.SHA256.hash(Bytes.ofText("a bad program"));

  @TempDir private Path temporary;
  private TestHost host;
  private TestService service;

  @BeforeEach
  void start() throws Exception {
    BootLog boot = BootLog.of("standard");
    host = TestHost.boot("host-a", boot);
    service = TestService.allowingFiles(temporary.resolve("hgs"), boot.files());
    service.administer(admin -> admin.addHost(host.identity()));
    service.administer(admin -> admin.addBaseline(boot.baseline("accepted")));
  }

  @AfterEach
  void stop() throws Exception {
    if (service != null) {
      service.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private List<String> refusal(AttestRequest evidence) {
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> service.client().attest(evidence));
    assertThat(refused).as("a refusal").isNotNull();
    return refused.problem().findings().stream().map(ReportedFinding::code).toList();
  }

  private AttestRequest answer() throws Exception {
    return host.answer(service.client().challenge(host.challengeRequest()));
  }

  @Test
  void givenAllowedFilesOnly_whenAttested_thenTheHostIsHealthyUntilAnotherRuns() throws Exception {
    Challenge challenge = service.client().challenge(host.challengeRequest());
    assertThat(challenge.wantsIma()).isTrue();
    assertThat(challenge.pcrs()).contains(0, 9, 10, 15);
    host.measureFiles(5);
    assertThat(service.client().attest(answer()).host()).isEqualTo("host-a");

    host.measureStrangeFile("/tmp/bad", BAD);
    assertThat(refusal(answer())).containsExactly("ima-not-allowed");
  }

  @Test
  void givenAShortenedOrMissingList_whenAttested_thenItIsNotTakenForAGoodOne() throws Exception {
    host.measureFiles(1);
    AttestRequest before = answer();
    host.measureStrangeFile("/tmp/bad", BAD);
    AttestRequest after = answer();
    assertThat(refusal(withIma(after, before.ima()))).contains("ima-replay-mismatch");
    assertThat(refusal(withIma(answer(), Optional.empty()))).containsExactly("evidence-missing");
  }

  private static AttestRequest withIma(AttestRequest request, Optional<Bytes> ima) {
    return new AttestRequest(
        request.token(),
        request.activatedSecret(),
        request.akPublic(),
        request.enclave(),
        request.quote(),
        request.signature(),
        request.pcrs(),
        request.eventLog(),
        ima);
  }
}
