package org.shieldwall.cli.demo;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.Demo.Seen;
import org.shieldwall.cli.demo.Demo.Step;
import org.shieldwall.host.attest.Attester;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.host.attest.HostTpm;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import tools.jackson.databind.JsonNode;

/** The same VM, and the same service, where they must not go on. Each is played for real. */
final class RefusalSteps {
  private final Demo demo;
  private final LifeSteps life;

  RefusalSteps(Demo demo) {
    this.demo = demo;
    this.life = new LifeSteps(demo);
  }

  List<Step> steps() {
    return List.of(
        new Step("refused-altered-boot", false, this::alteredBoot),
        new Step("refused-unregistered-host", false, this::unregisteredHost),
        new Step("refused-other-enclave-key", false, this::otherEnclaveKey),
        new Step("refused-replayed-evidence", false, this::replayedEvidence),
        new Step("refused-old-copy", false, this::oldCopy),
        new Step("disk-is-ciphertext", false, this::diskIsCiphertext));
  }

  /** A registered host that is healthy, until it boots something else. */
  private Seen alteredBoot() throws Exception {
    GuardedHost host = demo.secondHost;
    PlayedMachine machine = demo.secondMachine;
    machine.boot(demo.bootLog);
    life.register(host, "demo-host-2", machine.tpmPlace(), machine.eventLogPath());
    machine.boot(AlteredBoot.of(demo.bootLog));
    host.start();
    Command.Result attested = host.run("host", "attest");
    Files.createDirectories(host.store());
    Trees.copy(demo.work.resolve("backup"), host.store().resolve("web"));
    Command.Result started = host.run("vm", "start", "web");
    Set<String> wanted = Set.of("secure-boot-off", "boot-baseline-mismatch");
    return refused(
        attested, wanted, "Secure Boot off and another image; the VM does not start", started);
  }

  /** A machine with a real boot and a real TPM that nobody has registered. */
  private Seen unregisteredHost() throws Exception {
    GuardedHost host = demo.strangeHost;
    PlayedMachine machine = demo.strangeMachine;
    machine.boot(demo.bootLog);
    life.initialise(host, "demo-host", machine.tpmPlace(), machine.eventLogPath());
    host.start();
    Files.createDirectories(host.store());
    Trees.copy(demo.work.resolve("backup"), host.store().resolve("web"));
    Command.Result started = host.run("vm", "start", "web");
    return refused(
        started, Set.of("ek-not-registered"), "same boot, same files, another TPM", started);
  }

  /** Root on the healthy host, with keys of his own instead of the enclave's. */
  private Seen otherEnclaveKey() throws Exception {
    KeySet own = PrivateKeySet.generate(new SecureRandom()).publicKeys();
    try (HgsClient hgs = client();
        HostTpm tpm = HostTpm.open(TpmAddress.parse(demo.tpm()))) {
      Attester attester = attester();
      Challenge challenge = hgs.challenge(attester.request(tpm, own));
      AttestRequest evidence = attester.answer(tpm, challenge, own);
      return expectRefusal(
          () -> hgs.attest(evidence),
          "enclave-key-not-measured",
          "a key that PCR 15 does not speak of");
    }
  }

  /** Genuine evidence of the healthy host, sent again, and under a new challenge. */
  private Seen replayedEvidence() throws Exception {
    JsonNode claims = demo.host.run("host", "attest").orFail().output().path("claims");
    KeySet enclave = KeySet.fromJson(Json.of(claims.path("enclave"), "enclave keys"));
    try (HgsClient hgs = client();
        HostTpm tpm = HostTpm.open(TpmAddress.parse(demo.tpm()))) {
      Attester attester = attester();
      AttestRequest genuine =
          attester.answer(tpm, hgs.challenge(attester.request(tpm, enclave)), enclave);
      var accepted = hgs.attest(genuine);
      Seen again =
          expectRefusal(() -> hgs.attest(genuine), "token-spent", "the same message again");
      Challenge fresh = hgs.challenge(attester.request(tpm, enclave));
      AttestRequest next = attester.answer(tpm, fresh, enclave);
      AttestRequest oldQuote =
          new AttestRequest(
              next.token(),
              next.activatedSecret(),
              next.akPublic(),
              next.enclave(),
              genuine.quote(),
              genuine.signature(),
              genuine.pcrs(),
              genuine.eventLog(),
              genuine.ima());
      Seen mixed =
          expectRefusal(
              () -> hgs.attest(oldQuote), "quote-nonce-mismatch", "an old quote under a new nonce");
      return new Seen(
          again.finding() + ", " + mixed.finding(),
          again.outcome() + "; " + mixed.outcome() + "; accepted once until " + accepted.expires());
    }
  }

  /** The backup of the new VM, after the VM has been started twice. */
  private Seen oldCopy() throws Exception {
    Trees.copy(demo.work.resolve("backup"), demo.host.store().resolve("web-old"));
    demo.host.run("vm", "stop", "web").orFail();
    Command.Result started = demo.host.run("vm", "start", "web-old");
    return refused(
        started,
        Set.of("generation-superseded"),
        "a copy of generation 1, on the healthy host itself",
        started);
  }

  /** Everything that a thief of the provider's files would have. */
  private Seen diskIsCiphertext() throws Exception {
    List<Path> owners = Trees.filesWith(demo.secret, List.of(demo.owner));
    if (owners.isEmpty()) {
      throw new StepFailure("the search does not even find the secret in the owner's own file");
    }
    List<Path> everywhere = Trees.filesWith(demo.secret, List.of(demo.work));
    everywhere.removeAll(owners);
    if (!everywhere.isEmpty()) {
      throw new StepFailure("the secret is in " + everywhere);
    }
    return Seen.that(
        "the secret is in no file of the VM, its copies, the hosts, the service or their logs");
  }

  private Seen refused(
      Command.Result result, Set<String> wanted, String what, Command.Result start) {
    if (result.exitCode() == 0 || start.exitCode() == 0) {
      throw new StepFailure("was not refused: " + what);
    }
    List<String> codes = new ArrayList<>();
    result.output().path("findings").forEach(f -> codes.add(f.path("code").asString()));
    if (!codes.containsAll(wanted)) {
      throw new StepFailure(
          "expected " + wanted + ", was refused for " + codes + ": " + result.output());
    }
    return new Seen(String.join(", ", codes), what);
  }

  private interface Attempt {
    Object run() throws Exception;
  }

  private static Seen expectRefusal(Attempt attempt, String wanted, String what) throws Exception {
    try {
      attempt.run();
    } catch (RefusedException refused) {
      List<String> codes = codes(refused.problem());
      if (!codes.contains(wanted)) {
        throw new StepFailure("expected " + wanted + ", was refused for " + codes);
      }
      return new Seen(String.join(", ", codes), what);
    }
    throw new StepFailure("was not refused: " + what);
  }

  private static List<String> codes(Problem problem) {
    List<String> codes =
        new ArrayList<>(problem.findings().stream().map(ReportedFinding::code).toList());
    if (codes.isEmpty()) {
      ProblemType.ofUrn(problem.type()).map(ProblemType::code).ifPresent(codes::add);
    }
    return codes;
  }

  private HgsClient client() throws Exception {
    return HgsClient.of(URI.create(demo.hgsUrl()), demo.hgsCertificate());
  }

  private Attester attester() {
    return new Attester(
        TpmAddress.parse(demo.tpm()),
        new Evidence(demo.eventLog(), demo.work.resolve("no-ima-list")));
  }
}
