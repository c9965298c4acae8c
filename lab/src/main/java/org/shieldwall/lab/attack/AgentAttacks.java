package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;

/** The agent is killed, and a program of root's speaks to enclave and service in its place. */
final class AgentAttacks {
  private static final Duration LONG = Duration.ofMinutes(2);

  private final Stage stage;

  AgentAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "agent-replaced-other-folder",
            "P5",
            "use a release of one VM for the folder of another",
            this::otherFolder),
        attack(
            "agent-replaced-no-lease",
            "P5",
            "start a VM and never tell the service",
            this::withoutLease));
  }

  private Attack attack(String name, String promise, String tried, Attack.Play play) {
    return new Attack(
        name,
        Attacker.A3,
        promise,
        "the host is healthy; its agent is killed, and root has its certificate and sockets",
        "as the agent's own replacement: " + tried,
        () -> {
          Path certificate = stage.host().directory().resolve("health.der");
          stage.host().run("host", "attest").orFail();
          require(Files.exists(certificate), "the host keeps no certificate");
          killAgent();
          try {
            return play.run();
          } finally {
            stage.host().close();
            stage.host().start();
          }
        });
  }

  private void killAgent() throws Exception {
    ProcessHandle agent;
    try (UnixSocket connection = UnixSocket.connect(Stage.agentSocket(stage.host()))) {
      agent = ProcessHandle.of(connection.peer().pid()).orElseThrow();
    }
    agent.destroyForcibly();
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (agent.isAlive()) {
      require(System.nanoTime() < limit, "the agent does not end");
      TimeUnit.MILLISECONDS.sleep(20);
    }
    stage.flushTpm();
  }

  private EnclaveClient enclave() {
    return new EnclaveClient(Stage.enclaveSocket(stage.host()));
  }

  /** Has the victim's keys released to the genuine enclave, and starts it from {@code folder}. */
  private Answer.Final start(Path folder) throws Exception {
    JsonNode protector =
        Json.parse(
                Files.readAllBytes(stage.vm().resolve("state/protector.json")),
                "protector",
                KeyProtector.MAX_BYTES)
            .node();
    Answer.Final prepared = enclave().ask(new Request.Prepare(Request.Purpose.START, protector));
    require(prepared instanceof Answer.Prepared, "nothing was prepared: " + prepared);
    Answer.Prepared session = (Answer.Prepared) prepared;
    Bytes certificate =
        Bytes.of(Files.readAllBytes(stage.host().directory().resolve("health.der")));
    JsonNode release;
    try (HgsClient hgs = stage.hgs()) {
      release = hgs.release(certificate, session.request(), protector).toJson();
    }
    return enclave()
        .ask(
            new Request.Start(
                session.session(),
                release,
                folder,
                new Request.Definition("web", 1, 512),
                Request.Network.NONE,
                Request.Saved.USE),
            List.of(),
            LONG,
            progress -> {});
  }

  private Outcome otherFolder() throws Exception {
    require(Files.exists(stage.folder(Stage.OPEN_VM)), "there is no other VM");
    Answer.Final answer = start(stage.folder(Stage.OPEN_VM));
    if (answer instanceof Answer.Refused refused) {
      return refused.code().equals("vm-state-altered")
          ? new Outcome.Refused(refused.code() + ": " + refused.detail())
          : new Outcome.Failed("refused, but for another reason: " + refused);
    }
    stopAll();
    return new Outcome.Succeeded("the enclave answered " + answer);
  }

  private Outcome withoutLease() throws Exception {
    Answer.Final answer = start(stage.vm());
    require(answer instanceof Answer.Started, "it does not start at all: " + answer);
    UUID vm = ((Answer.Started) answer).vm();
    try {
      long worker = Stage.child(stage.host(), "qemu-system-x86_64");
      // A guest that runs keeps a processor busy from its first moment; one that is halted, none.
      long before = ticks(worker);
      TimeUnit.SECONDS.sleep(3);
      long used = ticks(worker) - before;
      String state = state(vm);
      return state.equals("paused") && used < 50
          ? new Outcome.Refused(
              "the guest waits for the service's word: paused, " + used + " ticks")
          : new Outcome.Succeeded("the VM is " + state + " and its worker used " + used + " ticks");
    } finally {
      stopAll();
    }
  }

  private String state(UUID vm) throws IOException {
    Answer.Final answer = enclave().ask(new Request.Status(Optional.of(vm)));
    return answer instanceof Answer.EnclaveStatus status
        ? status.vms().getFirst().state()
        : answer.toString();
  }

  /** {@return hundredths of a second that a process has computed (proc(5), stat)} */
  private static long ticks(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(words[11]) + Long.parseLong(words[12]);
  }

  private void stopAll() throws IOException {
    Answer.Final answer = enclave().ask(new Request.Status(Optional.empty()));
    if (answer instanceof Answer.EnclaveStatus status) {
      for (Answer.RunningVm each : status.vms()) {
        enclave().ask(new Request.Stop(each.vm(), Request.How.KILL, 0));
      }
    }
  }
}
