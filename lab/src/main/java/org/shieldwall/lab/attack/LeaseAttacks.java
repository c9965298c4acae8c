package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.cli.demo.GuardedHost;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;

/** A second copy, a longer lease, an end that did not happen, a state that was not the last. */
final class LeaseAttacks {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Duration LONG = Duration.ofDays(7);
  private static final Duration CHANGE = Duration.ofSeconds(60);

  private final Stage stage;
  private final ServiceAttacks others;

  LeaseAttacks(Stage stage, ServiceAttacks others) {
    this.stage = stage;
    this.others = others;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "second-start-elsewhere",
            "start a copy of the running VM's folder on another healthy host",
            this::elsewhere),
        attack("lease-forged", "answer the enclave with a lease of the attacker's", this::forged),
        attack("lease-replayed", "give the enclave a genuine lease once more", this::replayed),
        attack(
            "lease-kept-back",
            "answer a report with the lease that another report was answered with",
            this::keptBack),
        attack(
            "report-forged",
            "tell the service, by the running host's certificate, that the VM has ended",
            this::reportForged),
        attack("report-replayed", "tell the service an old report again", this::reportReplayed),
        attack(
            "state-of-the-same-start",
            "put back the vTPM and variables that were copied while the VM ran",
            this::sameStart),
        new Attack(
            "backup-restored-twice",
            Attacker.A1,
            "P5",
            "the owner has let an old backup start once, and it did",
            "start the same backup again with the same grant",
            this::restoredTwice));
  }

  private Attack attack(String name, String tried, Attack.Play play) {
    return new Attack(
        name,
        Attacker.A3,
        "P5",
        "the VM runs with a lease of the service",
        tried,
        () -> {
          stage.startVm();
          try {
            require(stage.running("web"), "the VM does not run");
            return play.run();
          } finally {
            stage.stopVm();
          }
        });
  }

  private EnclaveClient enclave() {
    return new EnclaveClient(Stage.enclaveSocket(stage.host()));
  }

  private KeyProtector protector() throws Exception {
    return KeyProtector.parse(Files.readAllBytes(stage.vm().resolve("state/protector.json")));
  }

  private UUID vm() throws Exception {
    return protector().vm().orElseThrow();
  }

  private JsonNode report() throws Exception {
    Answer.Final answer = enclave().ask(new Request.Report(vm()));
    require(answer instanceof Answer.Reported, "nothing was reported: " + answer);
    return ((Answer.Reported) answer).report();
  }

  private JsonNode send(JsonNode report) throws Exception {
    Bytes certificate =
        Bytes.of(Files.readAllBytes(stage.host().directory().resolve("health.der")));
    try (HgsClient hgs =
        HgsClient.of(URI.create(stage.demo().hgsUrl()), stage.demo().hgsCertificate())) {
      return hgs.report(certificate, report);
    }
  }

  private Outcome leased(JsonNode lease, Set<String> wanted) throws Exception {
    Answer.Final answer = enclave().ask(new Request.Leased(vm(), lease));
    if (!(answer instanceof Answer.Refused refused)) {
      return new Outcome.Succeeded("the enclave took it: " + answer);
    }
    String said = refused.code() + ": " + refused.detail();
    return wanted.contains(refused.code())
        ? new Outcome.Refused(Stage.shortened(said))
        : new Outcome.Failed("refused, but for another reason: " + Stage.shortened(said));
  }

  private Outcome reported(JsonNode report, Set<String> wanted) throws Exception {
    try {
      return new Outcome.Succeeded("the service answered " + Stage.shortened("" + send(report)));
    } catch (RefusedException refused) {
      String code = refused.problem().findings().getFirst().code();
      String said = code + ": " + refused.problem().detail();
      return wanted.contains(code)
          ? new Outcome.Refused(Stage.shortened(said))
          : new Outcome.Failed("refused, but for another reason: " + Stage.shortened(said));
    }
  }

  private Outcome elsewhere() throws Exception {
    GuardedHost other = others.other();
    Path copy = Stage.copy(stage.vm(), other, "second");
    try {
      return Stage.startRefused(other, "second", Set.of("vm-runs-elsewhere"));
    } finally {
      Trees.delete(copy);
    }
  }

  private Outcome forged() throws Exception {
    JsonNode keys = ((Answer.EnclaveKeys) enclave().ask(new Request.Keys())).keys();
    VmReport asked =
        VmReport.verify(Json.of(report(), "report"), KeySet.fromJson(Json.of(keys, "keys")));
    Lease lease =
        Lease.sign(asked, Lease.Standing.HELD, LONG, PrivateKeySet.generate(RANDOM), RANDOM);
    return leased(lease.toJson(), Set.of("foreign-signature"));
  }

  private Outcome replayed() throws Exception {
    JsonNode lease = send(report());
    Answer.Final first = enclave().ask(new Request.Leased(vm(), lease));
    require(first instanceof Answer.Leased, "the genuine lease was not taken: " + first);
    return leased(lease, Set.of("lease-not-asked-for"));
  }

  private Outcome keptBack() throws Exception {
    JsonNode lease = send(report());
    require(!report().isEmpty(), "no second report");
    return leased(lease, Set.of("not-requested"));
  }

  private Outcome reportForged() throws Exception {
    VmReport ended =
        VmReport.sign(
            VmReport.Subject.of(protector()),
            VmReport.Event.STOPPED,
            Optional.of(Digest.of(new byte[] {1})),
            1_000_000,
            PrivateKeySet.generate(RANDOM),
            RANDOM);
    return reported(ended.toJson(), Set.of("foreign-signature"));
  }

  private Outcome reportReplayed() throws Exception {
    JsonNode report = report();
    require(!send(report).isEmpty(), "the genuine report was not taken");
    return reported(report, Set.of("report-replayed"));
  }

  private Outcome sameStart() throws Exception {
    Path running = stage.vm().resolve("state").toRealPath();
    Path copy = stage.demo().work.resolve("while-it-ran");
    Path last = stage.demo().work.resolve("last");
    Trees.copy(running, copy);
    awaitChange(running, copy);
    stage.stopVm();
    Trees.copy(running, last);
    try {
      put(copy, running);
      return Stage.startRefused(stage.host(), "web", Set.of("state-not-the-last"));
    } finally {
      put(last, running);
      Trees.delete(copy);
      Trees.delete(last);
    }
  }

  private Outcome restoredTwice() throws Exception {
    Path grant = stage.demo().owner.resolve("restore.json");
    Command.run(
            "owner",
            "grant",
            "restore",
            stage.backup().resolve("state").toRealPath(),
            "--owner",
            stage.demo().owner.resolve("tenant.guardian-key.json"),
            "--key-file",
            stage.demo().owner.resolve("owner.key"),
            "--out",
            grant)
        .orFail();
    Path restored = Stage.copy(stage.backup(), stage.host(), "restored");
    Path again = Stage.copy(stage.backup(), stage.host(), "again");
    try {
      stage.host().run("vm", "start", "restored", "--owner-grant", grant).orFail();
      stage.host().run("vm", "stop", "restored", "--force").orFail();
      Outcome outcome =
          Stage.refused(
              stage.host().run("vm", "start", "again", "--owner-grant", grant),
              Set.of("restore-grant-used"),
              () -> stage.host().run("vm", "stop", "again", "--force"));
      put(restored, stage.vm()); // it is the newest copy now
      return outcome;
    } finally {
      Trees.delete(restored);
      Trees.delete(again);
      Files.deleteIfExists(grant);
    }
  }

  private static void put(Path state, Path place) throws IOException, InterruptedException {
    Trees.delete(place);
    Trees.copy(state, place);
  }

  /** The firmware writes its first variables within seconds. */
  private static void awaitChange(Path running, Path copy) throws IOException {
    byte[] before = Files.readAllBytes(copy.resolve("uefi.vars"));
    long deadline = System.nanoTime() + CHANGE.toNanos();
    while (Arrays.equals(before, Files.readAllBytes(running.resolve("uefi.vars")))) {
      require(System.nanoTime() < deadline, "the VM's variables do not change");
      LockSupport.parkNanos(100_000_000);
    }
  }
}
