package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.shieldwall.lab.attack.Canaries.Canary;

/** Root around a running VM's worker and vTPM: what they have open, and what can be opened. */
final class WorkerAttacks {
  private static final String QEMU = "qemu-system-x86_64";
  private static final String RUNNING = "the VM's worker and vTPM run";

  private final Stage stage;

  WorkerAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "worker-monitor-by-name",
            "connect to any socket of the worker's that has a name",
            () -> named(QEMU)),
        attack(
            "worker-monitor-by-descriptor",
            "open the worker's sockets through /proc/PID/fd",
            () -> byDescriptor(QEMU)),
        attack(
            "vtpm-by-name",
            "connect to any socket of the vTPM's that has a name",
            () -> named("swtpm")),
        attack(
            "vtpm-by-descriptor",
            "open the vTPM's sockets and key pipe through /proc/PID/fd",
            () -> byDescriptor("swtpm")),
        attack(
            "worker-debug-stub",
            "connect to a debug stub inside the worker's network",
            this::debugStub),
        attack(
            "worker-console",
            "find a terminal, a serial line or a screen it has open",
            this::console),
        attack(
            "worker-files",
            "look through the worker's and the vTPM's file systems for keys",
            this::files),
        attack(
            "worker-command-line",
            "read the worker's and the vTPM's arguments and environment",
            this::commandLine),
        attack(
            "worker-privileges", "use a privilege the worker or vTPM has kept", this::privileges));
  }

  private static Attack attack(String name, String tried, Attack.Play play) {
    return new Attack(name, Attacker.A3, "P6", RUNNING, tried, play);
  }

  private Outcome named(String program) throws Exception {
    long pid = Stage.child(stage.host(), program);
    List<String> inodes = sockets(pid);
    require(!inodes.isEmpty(), program + " has no sockets open");
    List<String> named = new ArrayList<>();
    // Inode, then, if the socket has one, its name (proc(5), net/unix).
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/net/unix"))) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length >= 8 && inodes.contains(words[6])) {
        named.add(words[7]);
      }
    }
    return named.isEmpty()
        ? new Outcome.Refused(
            inodes.size() + " sockets, all unnamed pairs whose other end was inherited")
        : new Outcome.Succeeded("has names: " + named);
  }

  private static List<String> sockets(long pid) throws IOException {
    List<String> inodes = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path link : links.toList()) {
        String target = Files.readSymbolicLink(link).toString();
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring(8, target.length() - 1));
        }
      }
    }
    return inodes;
  }

  private Outcome byDescriptor(String program) throws Exception {
    long pid = Stage.child(stage.host(), program);
    List<Canary> wanted = stage.canaries().of(stage.vm());
    int tried = 0;
    String last = "";
    Search search = new Search(wanted);
    try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path link : links.toList()) {
        String target = Files.readSymbolicLink(link).toString();
        if (target.startsWith("socket:")) {
          tried++;
          try (FileChannel open =
              FileChannel.open(link, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Outcome.Succeeded(open + " opened: " + target);
          } catch (IOException refused) {
            last = String.valueOf(refused.getMessage());
          }
        } else if (target.startsWith("pipe:")
            && Integer.parseInt(link.getFileName().toString()) > 2) {
          Tool.Said said =
              Tool.run("dd", "if=" + link, "iflag=nonblock", "bs=4096", "count=1", "status=none");
          byte[] read = said.text().getBytes(StandardCharsets.ISO_8859_1);
          search.block(read, read.length, target);
        } else if (!target.startsWith("/dev/")
            && !target.startsWith("anon_inode")
            && Files.isRegularFile(link)) {
          search.file(link);
        }
      }
    }
    require(tried > 0, program + " has no sockets open");
    return search.found().isEmpty()
        ? new Outcome.Refused(
            tried + " sockets: " + last + "; " + search.regions() + " files hold no key")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  private Outcome debugStub() throws Exception {
    long pid = Stage.child(stage.host(), QEMU);
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      Path path = Path.of("/proc/" + pid + "/net/" + table);
      if (!Files.exists(path)) {
        continue;
      }
      List<String> lines = Files.readAllLines(path);
      if (lines.size() > 1) {
        return new Outcome.Succeeded(table + ": " + lines.get(1).strip());
      }
    }
    Tool.Said said =
        Tool.run(
            "nsenter",
            "--net=/proc/" + pid + "/ns/net",
            "/bin/bash",
            "-c",
            "exec 3<>/dev/tcp/127.0.0.1/1234");
    return said.exitCode() == 0
        ? new Outcome.Succeeded("something listens on port 1234 inside")
        : new Outcome.Refused("an empty network of its own: " + Stage.shortened(said.last()));
  }

  private Outcome console() throws Exception {
    long pid = Stage.child(stage.host(), QEMU);
    List<String> arguments =
        List.of(Files.readString(Path.of("/proc/" + pid + "/cmdline")).split("\0", -1));
    require(arguments.contains("-nodefaults"), "that is not the worker");
    List<String> consoles = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path link : links.toList()) {
        String target = Files.readSymbolicLink(link).toString();
        if (target.matches("/dev/(pts|tty|vcs|fb|dri|snd|hidraw|bus|input).*|/dev/ptmx")) {
          consoles.add(target);
        }
      }
    }
    for (String word :
        List.of(
            "vnc",
            "spice",
            "curses",
            "pty",
            "stdio",
            "isa-serial",
            "isa-debugcon",
            "virtio-serial",
            "virtserialport",
            "usb-",
            "vfio",
            "vhost-vsock",
            "virtio-9p",
            "fw_cfg",
            "ivshmem",
            "-gdb",
            "-s ",
            "vhost-user")) {
      if (String.join(" ", arguments).contains(word)) {
        consoles.add(word);
      }
    }
    return consoles.isEmpty()
        ? new Outcome.Refused("it has none: no display, serial line, monitor, USB or share")
        : new Outcome.Succeeded("has " + consoles);
  }

  private Outcome files() throws Exception {
    Search search = new Search(stage.canaries().of(stage.vm()));
    for (String program : List.of(QEMU, "swtpm")) {
      Path root = Path.of("/proc/" + Stage.child(stage.host(), program) + "/root");
      for (String place : List.of("tmp", "run", "dev/shm", "state", "var", "etc", "home", "root")) {
        if (Files.isDirectory(root.resolve(place))) {
          search.tree(root.resolve(place), java.util.Set.of());
        }
      }
      if (Files.exists(root.resolve("bin/sh")) || Files.exists(root.resolve("etc/passwd"))) {
        return new Outcome.Failed(program + " sees a shell or /etc");
      }
    }
    require(search.regions() > 0, "not even the vTPM's state was seen");
    return search.found().isEmpty()
        ? new Outcome.Refused(
            "libraries, firmware and "
                + search.regions()
                + " files of ciphertext; no key, no shell")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  private Outcome commandLine() throws Exception {
    Search search = new Search(stage.canaries().of(stage.vm()));
    for (String program : List.of(QEMU, "swtpm")) {
      Path process = Path.of("/proc/" + Stage.child(stage.host(), program));
      byte[] environment = Files.readAllBytes(process.resolve("environ"));
      byte[] line = Files.readAllBytes(process.resolve("cmdline"));
      require(line.length > 0, "no command line");
      search.block(environment, environment.length, program + "'s environment");
      search.block(line, line.length, program + "'s arguments");
      String text = new String(environment, StandardCharsets.UTF_8).replace("\0", " ").strip();
      if (!text.isEmpty() && !text.startsWith("PWD=")) {
        return new Outcome.Failed(program + " has an environment: " + text);
      }
    }
    return search.found().isEmpty()
        ? new Outcome.Refused("descriptors' numbers only, and an empty environment")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  private Outcome privileges() throws Exception {
    List<String> kept = new ArrayList<>();
    for (String program : List.of(QEMU, "swtpm")) {
      List<String> status =
          Files.readAllLines(Path.of("/proc/" + Stage.child(stage.host(), program) + "/status"));
      for (String line : status) {
        boolean capability = line.matches("Cap(Inh|Prm|Eff|Bnd|Amb):\\s+0*[1-9a-f].*");
        boolean open = line.matches("(NoNewPrivs|Seccomp):\\s+0");
        boolean root = line.matches("Uid:\\s+0\\s.*");
        if (capability || open || root) {
          kept.add(program + " " + line.replaceAll("\\s+", " "));
        }
      }
    }
    return kept.isEmpty()
        ? new Outcome.Refused("no capability, no_new_privs, a system call filter, a user of no one")
        : new Outcome.Succeeded(String.join(", ", kept));
  }
}
