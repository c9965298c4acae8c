package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.shieldwall.enclave.launch.EnclaveClassPath;
import org.shieldwall.enclave.launch.EnclaveLaunch;

/** Root starts the enclave in an own way: with something that could look into it. */
final class StartAttacks {
  private static final List<String> OPTIONS =
      List.of(
          "-XX:+DisableAttachMechanism",
          "-XX:+UseSerialGC",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

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
            "-agentlib",
            List.of(),
            Map.of(),
            List.of("-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=0")));
    all.add(
        start(
            "start-jmx",
            "with remote management",
            "-Dcom.sun.management",
            List.of(),
            Map.of(),
            List.of("-Dcom.sun.management.jmxremote")));
    all.add(
        start(
            "start-heap-dump",
            "with a heap dump when memory runs out",
            "-XX:+HeapDump",
            List.of(),
            Map.of(),
            List.of("-XX:+HeapDumpOnOutOfMemoryError")));
    all.add(
        start(
            "start-on-error",
            "with a command of ours on a crash",
            "-XX:OnError",
            List.of(),
            Map.of(),
            List.of("-XX:OnError=/bin/true")));
    all.add(
        start(
            "start-flight-recorder",
            "with the flight recorder",
            "-XX:StartFlightRecording",
            List.of(),
            Map.of(),
            List.of("-XX:StartFlightRecording=filename=/dev/null")));
    all.add(
        start(
            "start-boot-classes",
            "with classes of ours before the JDK's",
            "-Xbootclasspath",
            List.of(),
            Map.of(),
            List.of("-Xbootclasspath/a:/tmp")));
    all.add(
        start(
            "start-patched-module",
            "with a module of the JDK patched",
            "--patch-module",
            List.of(),
            Map.of(),
            List.of("--patch-module=java.base=/tmp")));
    all.add(
        start(
            "start-attachable",
            "with the attach socket left on",
            "DisableAttachMechanism",
            List.of(),
            Map.of(),
            List.of("-XX:-DisableAttachMechanism")));
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
    return new Attack(
        name,
        Attacker.A3,
        "P3",
        "the same line starts an enclave where nothing is added",
        "start the enclave " + how,
        () -> play(refusal, before, with, options));
  }

  private Outcome play(
      String refusal, List<String> before, Map<String, String> with, List<String> options)
      throws Exception {
    if (!controlled) {
      Ended control = run(List.of(), Map.of(), List.of());
      require(
          control.text().contains("--tpm is"),
          "the line does not even get as far as the TPM: " + control.text());
      controlled = true;
    }
    Ended ended = run(before, with, options);
    if (ended.status() == EnclaveLaunch.UNSAFE && ended.text().contains(refusal)) {
      return new Outcome.Refused(Stage.shortened(ended.text()));
    }
    return ended.text().contains("--tpm is")
        ? new Outcome.Succeeded("it started: " + Stage.shortened(ended.text()))
        : new Outcome.Failed("ended otherwise: " + Stage.shortened(ended.text()));
  }

  private record Ended(int status, String text) {}

  /** Starts it without a TPM: past its guard it ends for want of one. */
  private Ended run(List<String> before, Map<String, String> with, List<String> options)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("attack-start");
    List<String> line = new ArrayList<>();
    for (String word : before) {
      line.add(line.isEmpty() ? Tool.path(word) : word);
    }
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(OPTIONS);
    line.addAll(options);
    line.addAll(List.of("-cp", EnclaveClassPath.prepare(folder)));
    line.addAll(List.of("org.shieldwall.enclave.EnclaveMain"));
    line.addAll(List.of("--socket", folder.resolve("door").toString()));
    line.addAll(List.of("--tpm", "nowhere", "--agent", "0"));
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
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

  private Outcome second() throws Exception {
    Path folder = Files.createTempDirectory("attack-second");
    String tpm = stage.demo().tpm().substring("swtpm:".length());
    EnclaveLaunch launch =
        new EnclaveLaunch(
            Path.of(System.getProperty("java.home")),
            EnclaveClassPath.prepare(folder),
            folder.resolve("door"),
            OptionalInt.empty(),
            List.of());
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
