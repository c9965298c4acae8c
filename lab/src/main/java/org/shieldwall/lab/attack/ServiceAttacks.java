package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.cli.demo.GuardedHost;
import org.shieldwall.cli.demo.LifeSteps;
import org.shieldwall.cli.demo.PlayedMachine;
import org.shieldwall.cli.demo.StepResult;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.host.attest.Attester;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.host.attest.HostTpm;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;

/** Between host and service: other hosts, other certificates, another service, no encryption. */
final class ServiceAttacks implements AutoCloseable {
  private static final Set<String> OTHERS_REQUEST =
      Set.of("foreign-signature", "enclave-mismatch", "unknown-signer");

  private final Stage stage;
  private final GuardedHost other;
  private final PlayedMachine otherMachine;

  ServiceAttacks(Stage stage) {
    this.stage = stage;
    this.other = new GuardedHost(stage.demo().work.resolve("host-3"));
    this.otherMachine = new PlayedMachine(stage.demo().work.resolve("machine-3"));
  }

  List<Attack> quick() {
    List<Attack> all = new ArrayList<>();
    all.add(
        step(
            "evidence-altered-boot",
            "boot with Secure Boot off and another image",
            "refused-altered-boot"));
    all.add(
        step(
            "evidence-unregistered-host",
            "the same boot and files on an unregistered machine",
            "refused-unregistered-host"));
    all.add(
        step(
            "evidence-other-enclave-key",
            "attest a key of root's instead of the enclave's",
            "refused-other-enclave-key"));
    all.add(
        step(
            "evidence-replayed",
            "send genuine evidence again, and under a new challenge",
            "refused-replayed-evidence"));
    all.add(
        attack(
            "certificate-altered",
            Attacker.A4,
            "P3",
            "change a byte of a health certificate",
            this::alteredCertificate));
    all.add(
        attack(
            "certificate-of-another-host",
            Attacker.A4,
            "P3",
            "a healthy host's certificate with a request of this host's enclave",
            this::certificateOfAnother));
    all.add(
        attack(
            "request-altered",
            Attacker.A3,
            "P3",
            "change the enclave's signed request on its way",
            this::alteredRequest));
    all.add(
        attack(
            "request-replayed",
            Attacker.A2,
            "P3",
            "send a genuine request twice",
            this::replayedRequest));
    all.add(
        attack(
            "release-to-another-enclave",
            Attacker.A4,
            "P3",
            "hand a release that was sealed to one enclave to another",
            this::releaseElsewhere));
    all.add(
        attack(
            "relayed-evidence",
            Attacker.A4,
            "P3",
            "have a healthy host answer a stranger's challenge, and use its certificate elsewhere",
            this::relayed));
    all.add(
        attack(
            "host-removed",
            Attacker.A3,
            "P3",
            "go on using a certificate after the host has been removed",
            this::removed));
    return List.copyOf(all);
  }

  private static Attack attack(
      String name, Attacker who, String promise, String tried, Attack.Play play) {
    return new Attack(
        name, who, promise, "a service, a healthy host and another machine", tried, play);
  }

  /** What the demonstration plays already, with the findings it must be refused for. */
  private Attack step(String name, String tried, String step) {
    return attack(
        name,
        Attacker.A4,
        "P3",
        tried,
        () -> {
          StepResult result = stage.step(step);
          if (result.asExpected()) {
            return new Outcome.Refused(result.finding() + ": " + result.outcome());
          }
          return result.outcome().startsWith("was not refused")
              ? new Outcome.Succeeded(result.outcome())
              : new Outcome.Failed(result.outcome());
        });
  }

  private HgsClient client() throws HgsUnavailableException {
    return HgsClient.of(URI.create(stage.demo().hgsUrl()), stage.demo().hgsCertificate());
  }

  Bytes certificate(GuardedHost host) throws IOException {
    host.run("host", "attest").orFail();
    return Bytes.of(Files.readAllBytes(host.directory().resolve("health.der")));
  }

  private JsonNode protector() throws Exception {
    return Json.parse(
            Files.readAllBytes(stage.vm().resolve("state/protector.json")), "protector", 1 << 20)
        .node();
  }

  Answer.Prepared prepared(GuardedHost host) throws Exception {
    Answer.Final answer =
        new EnclaveClient(Stage.enclaveSocket(host))
            .ask(new Request.Prepare(Request.Purpose.START, protector()));
    require(answer instanceof Answer.Prepared, "nothing was prepared: " + answer);
    return (Answer.Prepared) answer;
  }

  /** A second healthy host, registered and attested; started when it is first wanted. */
  GuardedHost other() throws Exception {
    if (!Files.exists(other.directory().resolve("host.toml"))) {
      otherMachine.boot(stage.demo().bootLog);
      new LifeSteps(stage.demo())
          .register(other, "demo-host-3", otherMachine.tpmPlace(), otherMachine.eventLogPath());
      other.start();
      other.run("host", "attest").orFail();
    }
    return other;
  }

  /** Asks for a release that must not come, but for one of these findings. */
  Outcome release(Bytes certificate, JsonNode request, Set<String> wanted) throws Exception {
    return release(certificate, request, wanted, "");
  }

  /** The same, and the refusal must say {@code words}. */
  Outcome release(Bytes certificate, JsonNode request, Set<String> wanted, String words)
      throws Exception {
    try (HgsClient hgs = client()) {
      hgs.release(certificate, request, protector());
      return new Outcome.Succeeded("the service released the keys");
    } catch (RefusedException refused) {
      List<String> codes =
          refused.problem().findings().stream().map(ReportedFinding::code).toList();
      String said = codes + ": " + refused.problem().detail() + found(refused);
      return codes.stream().anyMatch(wanted::contains) && said.contains(words)
          ? new Outcome.Refused(Stage.shortened(said))
          : new Outcome.Failed("refused, but for another reason: " + Stage.shortened(said));
    }
  }

  private static String found(RefusedException refused) {
    return refused.problem().findings().stream()
        .map(ReportedFinding::found)
        .filter(text -> !text.isEmpty() && !refused.problem().detail().contains(text))
        .map(text -> ", " + text)
        .findFirst()
        .orElse("");
  }

  private Outcome alteredCertificate() throws Exception {
    byte[] der = certificate(stage.host()).toArray();
    der[der.length - 20] ^= 1;
    return release(Bytes.of(der), prepared(stage.host()).request(), Set.of("certificate-not-good"));
  }

  private Outcome certificateOfAnother() throws Exception {
    return release(certificate(other()), prepared(stage.host()).request(), OTHERS_REQUEST);
  }

  private Outcome alteredRequest() throws Exception {
    String text = prepared(stage.host()).request().toString();
    JsonNode request = Json.parse(text.getBytes(StandardCharsets.UTF_8), "request", 1 << 20).node();
    String payload = request.path("payload").asString();
    char old = payload.charAt(60);
    ((tools.jackson.databind.node.ObjectNode) request)
        .put(
            "payload", payload.substring(0, 60) + (old == 'A' ? 'B' : 'A') + payload.substring(61));
    return release(certificate(stage.host()), request, Set.of("foreign-signature", "malformed"));
  }

  private Outcome replayedRequest() throws Exception {
    JsonNode request = prepared(stage.host()).request();
    Bytes certificate = certificate(stage.host());
    try (HgsClient hgs = client()) {
      hgs.release(certificate, request, protector());
    }
    return release(certificate, request, Set.of("request-replayed"));
  }

  private Outcome releaseElsewhere() throws Exception {
    Answer.Prepared here = prepared(stage.host());
    Answer.Prepared there = prepared(other());
    JsonNode release;
    try (HgsClient hgs = client()) {
      release = hgs.release(certificate(stage.host()), here.request(), protector()).toJson();
    }
    Search search = new Search(stage.canaries().of(stage.vm()));
    byte[] bytes = Json.bytes(release);
    search.block(bytes, bytes.length, "the release");
    require(search.found().isEmpty(), "the release shows " + search.found());
    Answer.Final answer =
        new EnclaveClient(Stage.enclaveSocket(other()))
            .ask(
                new Request.Start(
                    there.session(),
                    release,
                    stage.vm(),
                    new Request.Definition("x", 1, 512),
                    Request.Network.NONE,
                    Request.Saved.USE),
                List.of(),
                java.time.Duration.ofMinutes(1),
                report -> {});
    return answer instanceof Answer.Refused refused
            && Set.of("wrapping-not-opened", "not-requested", "enclave-mismatch", "wrong-context")
                .contains(refused.code())
        ? new Outcome.Refused(refused.code() + ": " + refused.detail())
        : new Outcome.Succeeded("the other enclave answered " + answer);
  }

  /**
   * The attacker's connection asks for the challenge, the healthy host's TPM answers it, the
   * attacker's connection brings the answer and has the certificate: a relay, and it works. What it
   * is good for is the question.
   */
  private Outcome relayed() throws Exception {
    Attester healthy =
        new Attester(
            TpmAddress.parse(stage.demo().tpm()),
            new Evidence(stage.demo().eventLog(), stage.demo().work.resolve("no-ima-list")));
    KeySet enclave =
        KeySet.fromJson(
            Json.of(
                ((Answer.EnclaveKeys)
                        new EnclaveClient(Stage.enclaveSocket(stage.host()))
                            .ask(new Request.Keys()))
                    .keys(),
                "keys"));
    Bytes certificate;
    try (HgsClient attacker = client();
        HostTpm tpm = HostTpm.open(TpmAddress.parse(stage.demo().tpm()))) {
      Challenge challenge = attacker.challenge(healthy.request(tpm, enclave));
      certificate = attacker.attest(healthy.answer(tpm, challenge, enclave)).certificate();
    }
    Outcome outcome = release(certificate, prepared(other()).request(), OTHERS_REQUEST);
    if (!(outcome instanceof Outcome.Refused refused)) {
      return outcome;
    }
    JsonNode release;
    try (HgsClient attacker = client()) {
      release =
          attacker.release(certificate, prepared(stage.host()).request(), protector()).toJson();
    }
    byte[] bytes = Json.bytes(release);
    Search search = new Search(stage.canaries().of(stage.vm()));
    search.block(bytes, bytes.length, "the relayed release");
    return search.found().isEmpty()
        ? new Outcome.Refused(
            "the certificate that came is the healthy host's enclave's: "
                + refused.line()
                + "; what is released to it is sealed to it. Not stopped: the relay as such")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  /** The other host's certificate is in time, and its host no longer registered. */
  private Outcome removed() throws Exception {
    GuardedHost host = other();
    Bytes certificate = certificate(host);
    JsonNode request = prepared(host).request();
    Command.run("hgs", "host", "remove", "demo-host-3", "--yes", "--dir", stage.demo().hgs)
        .orFail();
    return release(certificate, request, Set.of("host-removed"));
  }

  @Override
  public void close() {
    other.close();
    try {
      otherMachine.close();
    } catch (IOException | org.shieldwall.tpm.command.TpmException gone) {
      System.err.println("note: an swtpm did not end in order: " + gone.getMessage());
    }
  }
}
