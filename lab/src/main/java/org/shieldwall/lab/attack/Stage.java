package org.shieldwall.lab.attack;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.cli.demo.Demo;
import org.shieldwall.cli.demo.GuardedHost;
import org.shieldwall.cli.demo.HostsTpm;
import org.shieldwall.cli.demo.StepResult;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import tools.jackson.databind.JsonNode;

/**
 * What is attacked: the demonstration's service, host, enclave and VM, as its own steps make them.
 */
final class Stage implements AutoCloseable {
  private static final List<String> SET_UP =
      List.of(
          "hgs-ready",
          "host-registered",
          "template-signed",
          "shielding-data-made",
          "vm-provisioned");

  /** The VM of the other class, whose owner allows a screen and a serial line. */
  static final String OPEN_VM = "open";

  // A file system's clock is coarser than the system's.
  private final Instant began = Instant.now().minusSeconds(2);
  private final Demo demo;
  private final Canaries canaries;

  private Stage(Demo demo) {
    this.demo = demo;
    this.canaries = new Canaries(demo);
  }

  /** Sets everything up in the empty folder {@code work}; the VM is made and does not run. */
  static Stage at(Path work, Path template) {
    Stage stage = new Stage(new Demo(work, template, new HostsTpm.Played("")));
    try {
      for (String step : SET_UP) {
        StepResult result = stage.step(step);
        if (!result.asExpected()) {
          throw new IllegalStateException("no stage: " + step + ": " + result.outcome());
        }
      }
      return stage;
    } catch (RuntimeException failed) {
      stage.close();
      throw failed;
    }
  }

  /** A stage on which nothing stands: to name the attacks, not to play them. */
  static Stage empty(Path work) {
    return new Stage(new Demo(work, work, new HostsTpm.Played("")));
  }

  /** Runs one of the demonstration's steps. */
  StepResult step(String name) {
    return demo.steps().stream()
        .filter(step -> step.name().equals(name))
        .findFirst()
        .orElseThrow()
        .run();
  }

  /** {@return a moment before its first secret was made} */
  Instant began() {
    return began;
  }

  Demo demo() {
    return demo;
  }

  Canaries canaries() {
    return canaries;
  }

  GuardedHost host() {
    return demo.host;
  }

  /** {@return the victim's folder} */
  Path vm() {
    return host().store().resolve("web");
  }

  /** {@return a copy of the victim's folder from when it was new} */
  Path backup() {
    return demo.work.resolve("backup");
  }

  /** Makes the VM of the other class, if it is not there, and keeps a copy of it as it is new. */
  void makeOpenVm() throws IOException, InterruptedException {
    if (Files.exists(folder(OPEN_VM))) {
      return;
    }
    Path data = demo.work.resolve("open.shielding.json");
    makeVm(OPEN_VM, shieldingData(data, List.of("--class", "encryption-supported")));
    Trees.copy(folder(OPEN_VM), backup(OPEN_VM));
  }

  /** {@return a VM's folder} */
  Path folder(String name) {
    return host().store().resolve(name);
  }

  /** {@return a copy of a VM's folder from when it was new} */
  Path backup(String name) {
    return name.equals(OPEN_VM) ? demo.work.resolve("backup-" + name) : backup();
  }

  Path catalog() {
    return demo.work.resolve("debian-web.catalog.json");
  }

  Path data() {
    return demo.work.resolve("web.shielding.json");
  }

  Path templateImage() {
    return demo.template.resolve("template.img");
  }

  /** {@return a client of the service, as a host is} */
  HgsClient hgs() throws HgsUnavailableException {
    return HgsClient.of(URI.create(demo.hgsUrl()), demo.hgsCertificate());
  }

  static Path enclaveSocket(GuardedHost host) {
    return host.directory().resolve("run/enclave/enclave.sock");
  }

  static Path agentSocket(GuardedHost host) {
    return host.directory().resolve("run/agent.sock");
  }

  /** {@return the enclave's process, on the kernel's word} */
  static long enclave(GuardedHost host) throws IOException {
    try (UnixSocket connection = UnixSocket.connect(enclaveSocket(host))) {
      return connection.peer().pid();
    }
  }

  /** {@return the service's guardian, as the owner has imported it} */
  Path guardian() throws IOException {
    try (var found = Files.newDirectoryStream(demo.owner, "*.imported.guardian.json")) {
      return found.iterator().next();
    }
  }

  /** {@return all processes {@code program} that the victim's enclave has started} */
  List<Long> children(String program) throws IOException {
    List<Long> found = new ArrayList<>();
    for (ProcessHandle each :
        ProcessHandle.of(enclave(host())).orElseThrow().descendants().toList()) {
      try {
        if (program.startsWith(
            Files.readString(Path.of("/proc/" + each.pid() + "/comm")).strip())) {
          found.add(each.pid());
        }
      } catch (IOException gone) {
        // It ended in this moment.
      }
    }
    return found;
  }

  /** {@return the process {@code program} that the enclave of {@code host} has started} */
  static long child(GuardedHost host, String program) throws IOException {
    for (ProcessHandle each :
        ProcessHandle.of(enclave(host)).orElseThrow().descendants().toList()) {
      Path name = Path.of("/proc/" + each.pid() + "/comm");
      try {
        if (program.startsWith(Files.readString(name).strip())) {
          return each.pid();
        }
      } catch (IOException gone) {
        // It ended in this moment.
      }
    }
    throw new Attack.PreconditionException("no " + program + " runs");
  }

  /** Starts the victim, if it does not run. */
  void startVm() {
    if (!running("web")) {
      host().run("vm", "start", "web").orFail();
    }
  }

  /**
   * Takes out of the TPM what a killed program has left in it, as the kernel does on a host ({@code
   * /dev/tpmrm0}): the stage's swtpm has no resource manager.
   */
  void flushTpm() throws IOException, TpmException {
    String place = demo.machine.tpmPlace().substring("swtpm:".length());
    try (Tpm tpm = Tpm.swtpm(Path.of(place))) {
      int _ = tpm.flushTransient();
    }
  }

  /** Boots the machine anew, as after the end of its enclave. */
  void reboot() throws Exception {
    host().close();
    demo.machine.boot(demo.bootLog);
    host().start();
    host().run("host", "attest").orFail();
  }

  /** Waits until a VM whose worker or vTPM has ended is no longer said to run. */
  void awaitEnd(String name) throws InterruptedException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (running(name) && System.nanoTime() < limit) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** Seals data of the owner's for the template, with what he wants besides. */
  Path shieldingData(Path data, List<String> policy) throws IOException {
    Path userData = demo.work.resolve("more.user-data");
    Files.writeString(userData, "#!/bin/sh\n");
    Files.setPosixFilePermissions(userData, PosixFilePermissions.fromString("rw-------"));
    List<Object> line = new ArrayList<>(List.of("owner", "data", "new", "--out", data));
    line.addAll(List.of("--owner", demo.owner.resolve("tenant.guardian-key.json")));
    line.addAll(List.of("--key-file", demo.owner.resolve("owner.key")));
    line.addAll(List.of("--guardian", guardian(), "--catalog", catalog()));
    line.addAll(List.of("--file", "user-data=" + userData));
    line.addAll(policy);
    Command.run(line.toArray()).orFail();
    return data;
  }

  /** Makes another VM of the template, on the victim's host. */
  void makeVm(String name, Path data) {
    host()
        .run(
            "vm",
            "create",
            "--name",
            name,
            "--template",
            templateImage(),
            "--catalog",
            catalog(),
            "--data",
            data,
            "--memory",
            512)
        .orFail();
  }

  void stopVm() {
    if (!ended("web")) {
      host().run("vm", "stop", "web", "--force").orFail();
    }
  }

  /** {@return whether a VM of this name runs on the victim's host} */
  boolean running(String name) {
    JsonNode shown = host().run("vm", "show", name).output();
    return shown.path("state").asString("").equals("running");
  }

  /** {@return whether a VM has come to its end: it neither runs nor waits for a lease} */
  boolean ended(String name) {
    String state = host().run("vm", "show", name).output().path("state").asString("");
    return Set.of("stopped", "failed").contains(state);
  }

  /** Starts a VM that must not start, with the wanted code; whatever comes, it does not stay. */
  static Outcome startRefused(GuardedHost host, String name, Set<String> wanted) {
    return refused(
        host.run("vm", "start", name), wanted, () -> host.run("vm", "stop", name, "--force"));
  }

  /** Judges a command that must be refused, with one of the wanted codes. */
  static Outcome refused(Command.Result result, Set<String> wanted, Runnable undo) {
    if (result.exitCode() == 0) {
      undo.run();
      return new Outcome.Succeeded("`" + result.line() + "` was done");
    }
    Set<String> codes = codes(result);
    String said = codes + ": " + Command.Result.message(result.output());
    return codes.stream().anyMatch(wanted::contains)
        ? new Outcome.Refused(shortened(said))
        : new Outcome.Failed("refused, but for another reason than " + wanted + ": " + said);
  }

  /** {@return the codes a refusal names} */
  static Set<String> codes(Command.Result result) {
    Set<String> codes = new TreeSet<>();
    result.output().path("findings").forEach(each -> codes.add(each.path("code").asString()));
    String message = result.output().path("error").path("message").asString("");
    if (message.contains(":")) {
      codes.add(message.substring(0, message.indexOf(':')));
    }
    return codes;
  }

  static String shortened(String text) {
    String line = text.replaceAll("\\s+", " ").replaceAll("[^\\x20-\\x7e]", "?");
    return line.length() > 220 ? line.substring(0, 217) + "..." : line;
  }

  /** Copies a VM's folder into the store of {@code host} under another name. */
  static Path copy(Path vm, GuardedHost host, String name)
      throws IOException, InterruptedException {
    Files.createDirectories(host.store());
    Path target = host.store().resolve(name);
    Trees.copy(vm, target);
    return target;
  }

  /** {@return the processes that belong to the stage} */
  List<Long> processes() {
    List<Long> all = new ArrayList<>();
    ProcessHandle.allProcesses()
        .filter(each -> each.pid() != ProcessHandle.current().pid())
        .forEach(each -> all.add(each.pid()));
    return all;
  }

  @Override
  public void close() {
    demo.close();
  }
}
