package org.shieldwall.lab.boot;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.cli.Main;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.host.HostConfig;

/**
 * The machines of a story: a service, and hosts that really booted, on which the page's commands
 * are typed. Each host's agent and enclave are processes of their own.
 */
final class StoryStage implements AutoCloseable {
  private static final Pattern BOOTS = Pattern.compile("(rack\\d) boots (\\w+\\.efi)(.*)");
  private static final Pattern LATER = Pattern.compile("(\\d+) days later");
  private static final String ADDRESS = "hgs.example.org:8443";
  private static final long START_SECONDS = 120;

  private final Path folder;
  private final String address = "127.0.0.1:" + freePort();
  private final Map<String, RunningHost> hosts = new TreeMap<>();
  private final Map<String, Process> serving = new TreeMap<>();

  StoryStage(Path folder) throws IOException {
    this.folder = folder;
    // The enclaves run as other users.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
  }

  /** What a command did. */
  record Said(int exitCode, String text) {}

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  void show(StoryStep.Shown shown) throws IOException {
    Files.writeString(folder.resolve(shown.file()), shown.content());
  }

  void happens(StoryStep.Happening happening) throws Exception {
    Matcher boots = BOOTS.matcher(happening.what());
    Matcher later = LATER.matcher(happening.what());
    if (boots.matches()) {
      boot(boots.group(1), variant(boots));
    } else if (later.matches()) {
      pass(Duration.ofDays(Long.parseLong(later.group(1))));
    } else {
      throw new AssertionError("nobody knows how this happens: " + happening.what());
    }
  }

  /** Nobody can wait: what was to end in the future ends that much sooner. */
  private void pass(Duration time) throws HgsException {
    try (Database database = new HgsFolder(folder.resolve("hgs")).openDatabase()) {
      int moved =
          database.write(writing ->
              writing.execute("UPDATE baseline SET expires = expires - ?", time.toSeconds())
                  + writing.execute(
                      "UPDATE check_exception SET expires = expires - ?", time.toSeconds()));
      // Nobody else writes past the service, which would count this.
      database.write(
          writing -> writing.execute("UPDATE policy_revision SET value = value + 1 WHERE id = 1"));
      if (moved < 2) {
        throw new AssertionError("nothing was to end");
      }
    }
  }

  private static HostVariant variant(Matcher boots) {
    boolean updated = boots.group(3).contains("new firmware");
    return HostVariant.of(
        boots.group(1),
        boots.group(2),
        updated ? HostVariant.Firmware.UPDATED : HostVariant.Firmware.DELIVERED,
        !boots.group(3).contains("Secure Boot off"));
  }

  /** Whatever ran on the machine has ended; its TPM and its logs are those of the new boot. */
  private void boot(String name, HostVariant variant) throws Exception {
    stop(name);
    BootedHost booted = RealBoots.of(variant);
    RunningHost host = hosts.get(name);
    if (host == null) {
      hosts.put(name, RunningHost.of(booted));
    } else {
      host.reboot(booted);
    }
    Path shown = Files.createDirectories(folder.resolve(name + "-kernel"));
    Files.copy(
        booted.eventLogFile(), shown.resolve("eventlog"), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(booted.imaListFile(), shown.resolve("ima"), StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(shown.resolve("cmdline"), booted.commandLine());
  }

  Said type(StoryStep.Typed typed) throws Exception {
    List<String> words = new ArrayList<>();
    typed.words().stream().skip(1).map(this::real).forEach(words::add);
    if (typed.stays()) {
      words.removeLast();
      words.addAll(List.of("--json", "--dir", folder(typed.machine())));
      start(typed.machine(), words);
      return new Said(0, "");
    }
    words.addAll(elsewhere(typed.machine(), words));
    Said said = run(words);
    if (words.subList(0, 2).equals(List.of("host", "init"))) {
      giveEnclaveAUser(typed.machine());
    }
    return new Said(
        said.exitCode(), said.text().replace(folder + "/", "").replace(address, ADDRESS));
  }

  /** Files that the administrators have or send each other, the images, and the address. */
  private String real(String word) {
    try {
      if (word.endsWith(".efi")) {
        return RealBoots.parts().resolve(word).toString();
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return word.equals("hgs.pem")
        ? folder.resolve("hgs/hgs.pem").toString()
        : word.matches("[\\w.-]+\\.(json|toml)")
            ? folder.resolve(word).toString()
            : word.replace(ADDRESS, address);
  }

  /** What lies elsewhere than on a machine of its own. */
  private List<String> elsewhere(String machine, List<String> words) {
    List<String> more = new ArrayList<>();
    if (words.get(0).matches("hgs|host")) {
      more.addAll(List.of("--dir", folder(machine)));
    }
    if (words.subList(0, 2).equals(List.of("hgs", "init"))) {
      more.addAll(List.of("--listen", address));
    }
    if (words.subList(0, 2).equals(List.of("host", "init"))) {
      Path kernel = folder.resolve(machine + "-kernel");
      more.addAll(List.of("--name", machine, "--tpm", hosts.get(machine).tpmPlace()));
      more.addAll(List.of("--event-log", kernel.resolve("eventlog").toString()));
      more.addAll(List.of("--ima-list", kernel.resolve("ima").toString()));
      more.addAll(List.of("--command-line", kernel.resolve("cmdline").toString()));
    }
    return more;
  }

  private String folder(String machine) {
    return folder.resolve(machine).toString();
  }

  /** Several agents run on this machine. */
  private void giveEnclaveAUser(String machine) throws IOException {
    Path directory = folder.resolve(machine);
    Path file = directory.resolve("host.toml");
    String user = "enclave-user = ";
    int other = HostConfig.ENCLAVE_USER - 10 - hosts.keySet().stream().toList().indexOf(machine);
    Files.writeString(
        file, Files.readString(file).replace(user + HostConfig.ENCLAVE_USER, user + other));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
  }

  private static Said run(List<String> words) {
    StringWriter text = new StringWriter();
    PrintWriter to = new PrintWriter(text);
    int exitCode = Main.execute(to, to, words);
    return new Said(exitCode, text.toString());
  }

  private static ProcessBuilder java(List<String> words) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
    line.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-Xmx512m"));
    line.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    line.addAll(words);
    return new ProcessBuilder(line);
  }

  private void start(String machine, List<String> words) throws IOException, InterruptedException {
    Path log = folder.resolve(machine + ".log");
    Process process = java(words).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    serving.put(machine, process);
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!Files.readString(log).contains("\"ready\":true")) {
      if (process.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > limit) {
        throw new AssertionError(machine + " does not serve: " + Files.readString(log));
      }
    }
  }

  private void stop(String machine) {
    Process running = serving.remove(machine);
    if (running != null) {
      running.destroy();
      running.onExit().join();
    }
  }

  @Override
  public void close() throws IOException {
    List.copyOf(serving.keySet()).forEach(this::stop);
    for (RunningHost each : hosts.values()) {
      each.close();
    }
  }
}
