package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.UnixSocket;

/**
 * The doors that an owner can allow: a shielded VM has none, whoever asks and however. The same
 * ways are first shown to lead into a VM of the other class.
 */
final class ConsoleAttacks {
  private static final Duration SOON = Duration.ofSeconds(30);

  private final Stage stage;

  ConsoleAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "console-opened",
            "open the screen of a shielded VM, through the agent and at the enclave itself",
            () -> door(Request.Door.SCREEN)),
        attack(
            "serial-opened",
            "open the serial line of a shielded VM, through the agent and at the enclave itself",
            () -> door(Request.Door.SERIAL)),
        attack(
            "console-of-another-vm",
            "find a door into the shielded VM in the worker of an encryption-supported one",
            this::neighbour));
  }

  private static Attack attack(String name, String tried, Attack.Play play) {
    return new Attack(
        name,
        Attacker.A3,
        "P6",
        "the shielded VM runs; the same ways lead into an encryption-supported one",
        tried,
        play);
  }

  /** A second VM, by the same owner and template, whose owner allows a console. */
  private void startOpenVm() throws Exception {
    if (!stage.running(Stage.OPEN_VM)) {
      stage.host().run("vm", "start", Stage.OPEN_VM).orFail();
    }
  }

  private Outcome door(Request.Door door) throws Exception {
    startOpenVm();
    require(
        !heard(Stage.OPEN_VM, door).isEmpty(),
        "nothing is heard from the VM whose owner allows it");
    if (!heard("web", door).isEmpty()) {
      return new Outcome.Succeeded("the enclave opened it");
    }
    String command = door == Request.Door.SCREEN ? "console" : "serial";
    Command.Result result = stage.host().run("vm", command, "web");
    require(stage.running("web"), "the VM does not run any more");
    return Stage.refused(result, Set.of("console-not-allowed"), () -> {});
  }

  /** {@return what comes through the door when the enclave itself is asked; nothing if refused} */
  private String heard(String name, Request.Door door) throws IOException {
    var vm = UUID.fromString(stage.host().run("vm", "show", name).output().path("id").asString());
    UnixSocket.Pair pair = UnixSocket.pair();
    try (UnixSocket here = pair.here()) {
      Answer.Final answer;
      try (UnixSocket there = pair.there()) {
        answer =
            new EnclaveClient(Stage.enclaveSocket(stage.host()))
                .ask(new Request.Open(vm, door), List.of(there.descriptor()), SOON, work -> {});
      }
      if (answer instanceof Answer.Refused refused
          && !refused.code().equals("console-not-allowed")) {
        throw new IOException("refused for another reason: " + refused);
      }
      byte[] buffer = new byte[64 * 1024];
      return here.awaitReadable(SOON)
          ? new String(
              buffer, 0, here.receiveSome(buffer, 0, buffer.length), StandardCharsets.ISO_8859_1)
          : "";
    }
  }

  /** The neighbour's worker is the only part with a screen: nothing of the victim is in it. */
  private Outcome neighbour() throws Exception {
    startOpenVm();
    List<Long> workers = stage.children("qemu-system-x86_64");
    require(workers.size() == 2, workers.size() + " workers run, not two");
    int doors = 0;
    for (long worker : workers) {
      String line = Files.readString(Path.of("/proc/" + worker + "/cmdline")).replace('\0', ' ');
      doors += line.contains("isa-serial") ? 1 : 0;
      if (line.contains("vnc") != line.contains("isa-serial")) {
        return new Outcome.Failed("a worker has one door without the other: " + line);
      }
    }
    stage.host().run("vm", "stop", Stage.OPEN_VM, "--force").orFail();
    return doors == 1
        ? new Outcome.Refused("one worker of two has a screen and a line: its own VM's")
        : new Outcome.Succeeded(doors + " workers have a door");
  }
}
