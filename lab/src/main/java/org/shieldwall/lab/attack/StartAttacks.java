package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;

/** Root starts the enclave in an own way: with something that could look into it. */
final class StartAttacks {
  // Neither a user of the stage's nor of the system's.
  private static final int USER = 65_514;

  private final Stage stage;
  private boolean controlled;

  StartAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    List<Attack> all = new ArrayList<>();
    all.add(
        start(
            "start-preload",
            "with a library of ours by LD_PRELOAD",
            "LD_PRELOAD",
            List.of(),
            Map.of("LD_PRELOAD", "/lib/x86_64-linux-gnu/libz.so.1"),
            List.of()));
    all.add(
        start(
            "start-audit",
            "with an auditor of ours by LD_AUDIT",
            "LD_AUDIT",
            List.of(),
            Map.of("LD_AUDIT", "/lib/x86_64-linux-gnu/libz.so.1"),
            List.of()));
    all.add(
        start(
            "start-java-tool-options",
            "with options by JAVA_TOOL_OPTIONS",
            "JAVA_TOOL_OPTIONS",
            List.of(),
            Map.of("JAVA_TOOL_OPTIONS", "-Dx=y"),
            List.of()));
    all.add(
        start(
            "start-jdk-java-options",
            "with options by JDK_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            List.of(),
            Map.of("JDK_JAVA_OPTIONS", "-Dx=y"),
            List.of()));
    all.add(
        start(
            "start-debug-agent",
            "with the debugger's agent",
            "more are -agentlib",
            List.of(),
            Map.of(),
            List.of("-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=0")));
    all.add(
        start(
            "start-jmx",
            "with remote management",
            "more are -Dcom.sun.management",
            List.of(),
            Map.of(),
            List.of("-Dcom.sun.management.jmxremote")));
    all.add(
        start(
            "start-heap-dump",
            "with a heap dump when memory runs out",
            "more are -XX:+HeapDump",
            List.of(),
            Map.of(),
            List.of("-XX:+HeapDumpOnOutOfMemoryError")));
    all.add(
        start(
            "start-on-error",
            "with a command of ours on a crash",
            "more are -XX:OnError",
            List.of(),
            Map.of(),
            List.of("-XX:OnError=/bin/true")));
    all.add(
        start(
            "start-flight-recorder",
            "with the flight recorder",
            "more are -XX:StartFlightRecording",
            List.of(),
            Map.of(),
            List.of("-XX:StartFlightRecording=filename=/dev/null")));
    all.add(
        start(
            "start-boot-classes",
            "with classes of ours before the JDK's",
            "more are -Xbootclasspath",
            List.of(),
            Map.of(),
            List.of("-Xbootclasspath/a:/tmp")));
    all.add(
        start(
            "start-patched-module",
            "with a module of the JDK patched",
            "more are --patch-module",
            List.of(),
            Map.of(),
            List.of("--patch-module=java.base=/usr/share/OVMF")));
    all.add(
        start(
            "start-attachable",
            "with the attach socket left on",
            "more are -XX:-DisableAttachMechanism",
            List.of(),
            Map.of(),
            List.of("-XX:-DisableAttachMechanism")));
    all.add(
        start(
            "start-error-file",
            "with a file of ours for what it would say on a crash",
            "more are -XX:-SuppressFatalErrorMessage -XX:ErrorFile",
            List.of(),
            Map.of(),
            List.of("-XX:-SuppressFatalErrorMessage", "-XX:ErrorFile=/tmp/x")));
    all.add(
        start(
            "start-any-option",
            "with an option that nobody has thought of",
            "more are -Dmore=1",
            List.of(),
            Map.of(),
            List.of("-Dmore=1")));
    all.add(
        with(
            "start-as-root",
            "as root",
            "does not run as root",
            line -> line.subList(line.indexOf(java()), line.size())));
    all.add(
        with(
            "start-with-ptrace",
            "with the capability to trace others",
            "capabilities it must not have",
            line ->
                line.stream()
                    .map(word -> word.replace("+ipc_lock", "+ipc_lock,+sys_ptrace"))
                    .toList()));
    all.add(
        with(
            "start-options-left-out",
            "without the options that keep its heap clean",
            "missing are -XX:+UseSerialGC",
            line -> line.stream().filter(word -> !word.equals("-XX:+UseSerialGC")).toList()));
    all.add(
        start(
            "start-traced",
            "under a tracer",
            "traces the enclave",
            List.of("strace", "-f", "-o", "/dev/null"),
            Map.of(),
            List.of()));
    all.add(
        start(
            "start-swapping",
            "on a host that swaps",
            "swap",
            List.of("unshare", "--mount", "/bin/sh", "-c", FAKE_SWAP),
            Map.of(),
            List.of()));
    all.add(
        new Attack(
            "start-vm-swapping",
            Attacker.A3,
            "P6",
            "the enclave started on a host without swap",
            "turn swap on and start a VM then",
            () -> new SwappedOut(stage).starting()));
    all.add(
        new Attack(
            "start-second",
            Attacker.A3,
            "P3",
            "this boot's enclave runs",
            "start a second enclave on the same TPM",
            this::second));
    return List.copyOf(all);
  }

  // /proc/swaps as a host with swap shows it; only this process and its children see it.
  private static final String FAKE_SWAP =
      "printf 'Filename Type Size Used Priority\\n/dev/sda2 partition 1048572 0 -2\\n' >/tmp/$$.swaps"
          + " && mount --bind /tmp/$$.swaps /proc/swaps && rm /tmp/$$.swaps && exec \"$0\" \"$@\"";

  private Attack start(
      String name,
      String how,
      String refusal,
      List<String> before,
      Map<String, String> with,
      List<String> options) {
    return attack(name, how, () -> play(refusal, line -> added(line, before, options), with));
  }

  /** The agent's line, altered. */
  private Attack with(
      String name, String how, String refusal, UnaryOperator<List<String>> altered) {
    return attack(name, how, () -> play(refusal, altered, Map.of()));
  }

  private static Attack attack(String name, String how, Attack.Play play) {
    return new Attack(
        name,
        Attacker.A3,
        "P3",
        "the agent's own line starts an enclave",
        "start the enclave " + how,
        play);
  }

  private static List<String> added(List<String> line, List<String> before, List<String> options) {
    List<String> all = new ArrayList<>();
    for (String word : before) {
      all.add(all.isEmpty() ? Tool.path(word) : word);
    }
    int afterTheAgents = line.indexOf(java()) + 1 + EnclaveLaunch.JAVA_OPTIONS.size();
    all.addAll(line.subList(0, afterTheAgents));
    all.addAll(options);
    all.addAll(line.subList(afterTheAgents, line.size()));
    return all;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private Outcome play(
      String refusal, UnaryOperator<List<String>> altered, Map<String, String> with)
      throws Exception {
    if (!controlled) {
      Ended control = run(UnaryOperator.identity(), Map.of());
      require(
          control.text().contains("--tpm is"),
          "the line does not even get as far as the TPM: " + control.text());
      controlled = true;
    }
    Ended ended = run(altered, with);
    if (ended.status() == EnclaveLaunch.UNSAFE && ended.text().contains(refusal)) {
      return new Outcome.Refused(Stage.shortened(ended.text()));
    }
    return ended.text().contains("--tpm is")
        ? new Outcome.Succeeded("it started: " + Stage.shortened(ended.text()))
        : new Outcome.Failed("ended otherwise: " + Stage.shortened(ended.text()));
  }

  private record Ended(int status, String text) {}

  /** Starts it without a TPM: past its guard it ends for want of one. */
  private Ended run(UnaryOperator<List<String>> altered, Map<String, String> with)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("attack-start");
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(altered.apply(launch(folder).command(0, "nowhere")))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().clear();
    builder.environment().putAll(with);
    try {
      Process process = builder.start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      return new Ended(process.waitFor(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      org.shieldwall.cli.demo.Trees.delete(folder);
    }
  }

  /** As the agent starts it, in a folder that its user can get at. */
  private static EnclaveLaunch launch(Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    Path door = Files.createDirectory(folder.resolve("door"));
    Files.setAttribute(door, "unix:uid", USER);
    return new EnclaveLaunch(
        Path.of(System.getProperty("java.home")),
        EnclaveClassPath.prepare(folder),
        door.resolve("socket"),
        folder,
        USER,
        List.of(),
        Optional.empty());
  }

  private Outcome second() throws Exception {
    Path folder = Files.createTempDirectory("attack-second");
    String tpm = stage.demo().tpm().substring("swtpm:".length());
    EnclaveLaunch launch = launch(folder);
    try (EnclaveLaunch.OpenTpm open = EnclaveLaunch.OpenTpm.swtpm(Path.of(tpm))) {
      launch.start(open).kill();
      return new Outcome.Succeeded("a second enclave answers");
    } catch (EnclaveLaunch.NotStartedException refused) {
      return refused.status().equals(OptionalInt.of(EnclaveLaunch.TAKEN))
          ? new Outcome.Refused(Stage.shortened(String.valueOf(refused.getMessage())))
          : new Outcome.Failed("for another reason: " + refused.getMessage());
    } finally {
      org.shieldwall.cli.demo.Trees.delete(folder);
    }
  }
}
