package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.shieldwall.lab.attack.Canaries.Canary;

/** Root, looking for a running VM's keys in the enclave's memory. */
final class EnclaveMemoryAttacks {
  private static final String RUNNING = "the enclave runs and holds a running VM's keys";
  private static final String SHORT = "-J-Dsun.tools.attach.attachTimeout=1000";
  private static final String HIDDEN = "secretmem";

  private final Stage stage;

  EnclaveMemoryAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    return List.of(
        attack("enclave-proc-mem", "read every page through /proc/PID/mem", this::procMem),
        attack(
            "enclave-process-vm-readv",
            "copy the pages of the keys by process_vm_readv",
            this::processVmReadv),
        attack("enclave-gdb", "attach gdb and dump the pages of the keys", this::gdb),
        attack("enclave-jcmd", "jcmd, jmap and jstack as root", () -> attach("root")),
        attack(
            "enclave-jcmd-as-itself", "the same as the enclave's own user", () -> attach("itself")),
        attack("enclave-descriptors", "open what it has open, through /proc/PID/fd", this::opened),
        attack(
            "enclave-mapped-files",
            "open the keys' pages as a file through /proc/PID/map_files and map them",
            this::mappedFiles),
        attack(
            "enclave-monitor-descriptor",
            "take its end of the worker's monitor by pidfd_getfd",
            () -> needsQuietKernel("pidfd_getfd")),
        attack(
            "enclave-heap",
            "its own private keys, which lie on the heap, by /proc/PID/mem",
            () -> needsQuietKernel("/proc/PID/mem")),
        attack("enclave-inject", "make it run a call of ours by ptrace", this::inject));
  }

  List<Attack> full() {
    return List.of(
        attack("enclave-gcore", "write its core by gcore, and search that", this::gcore));
  }

  private static Attack attack(String name, String tried, Attack.Play play) {
    return new Attack(name, Attacker.A3, "P3", RUNNING, tried, play);
  }

  private List<Canary> wanted() throws Exception {
    List<Canary> all = new ArrayList<>(stage.canaries().of(stage.vm()));
    all.addAll(stage.canaries().of(stage.backup()));
    all.addAll(stage.canaries().ofData(stage.data()));
    return all;
  }

  /** A process that protects nothing: what reads it must find what lies in it. */
  static void control(String way, Reader reader) throws Exception {
    Canary open =
        new Canary(
            "a control's secret",
            ("control-" + System.nanoTime()).getBytes(StandardCharsets.US_ASCII));
    ProcessBuilder builder = new ProcessBuilder("/bin/sleep", "60");
    builder.environment().put("CANARY", new String(open.bytes(), StandardCharsets.US_ASCII));
    Process target = builder.start();
    try {
      Search search = new Search(List.of(open));
      reader.read(target.pid(), search);
      require(!search.found().isEmpty(), way + " does not even find an unprotected secret");
    } finally {
      target.destroyForcibly().waitFor();
    }
  }

  /** One way to read another process. */
  @FunctionalInterface
  interface Reader {
    void read(long pid, Search search) throws Exception;
  }

  private Outcome procMem() throws Exception {
    control("/proc/PID/mem", (pid, search) -> search.memory(pid));
    List<Canary> wanted = new ArrayList<>(wanted());
    Canary known =
        new Canary("known", "org.shieldwall.enclave".getBytes(StandardCharsets.US_ASCII));
    wanted.add(known);
    Search search = new Search(wanted);
    try {
      search.memory(Stage.enclave(stage.host()));
    } catch (AccessDeniedException denied) {
      return new Outcome.Refused("the kernel: " + denied.getMessage());
    }
    Set<String> found = new TreeSet<>(search.found());
    require(
        found.removeIf(each -> each.startsWith(known.name())),
        "the reader does not see the enclave's heap at all");
    if (!found.isEmpty()) {
      return new Outcome.Succeeded(String.join(", ", found));
    }
    require(
        search.refusals().stream().anyMatch(each -> each.contains(HIDDEN)),
        "no pages were hidden: " + search.refusals());
    return new Outcome.Refused(
        (search.bytes() >> 20)
            + " MiB of it read without a key in them; the kernel refuses the pages that hold them: "
            + search.refusals().stream().filter(each -> each.contains(HIDDEN)).findFirst().get());
  }

  private record Range(long from, long to) {}

  private static Range hidden(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
      if (line.contains(HIDDEN)) {
        String[] bounds = line.substring(0, line.indexOf(' ')).split("-", -1);
        return new Range(Long.parseLong(bounds[0], 16), Long.parseLong(bounds[1], 16));
      }
    }
    throw new Attack.PreconditionException("the enclave has no memfd_secret pages");
  }

  private static Range stack(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
      if (line.endsWith("[stack]")) {
        String[] bounds = line.substring(0, line.indexOf(' ')).split("-", -1);
        return new Range(Long.parseLong(bounds[0], 16), Long.parseLong(bounds[1], 16));
      }
    }
    throw new Attack.PreconditionException("no stack");
  }

  private Outcome processVmReadv() throws Exception {
    control(
        "process_vm_readv",
        (pid, search) -> {
          Range stack = stack(pid);
          byte[] read = ForeignMemory.read(pid, stack.from(), (int) (stack.to() - stack.from()));
          search.block(read, read.length, "stack");
        });
    long pid = Stage.enclave(stage.host());
    Range range = hidden(pid);
    try {
      byte[] read = ForeignMemory.read(pid, range.from(), (int) (range.to() - range.from()));
      return new Outcome.Succeeded(read.length + " bytes of the keys' pages");
    } catch (ForeignMemory.RefusedException refused) {
      return new Outcome.Refused("the kernel: " + refused.getMessage());
    }
  }

  private Outcome gdb() throws Exception {
    Path dump = Files.createTempFile("attack", ".dump");
    try {
      control(
          "gdb",
          (pid, search) -> {
            dump(pid, stack(pid), dump);
            search.file(dump);
          });
      Files.deleteIfExists(dump);
      long pid = Stage.enclave(stage.host());
      Tool.Said said = dump(pid, hidden(pid), dump);
      if (Files.exists(dump) && Files.size(dump) > 0) {
        return new Outcome.Succeeded("gdb wrote " + Files.size(dump) + " bytes of the keys' pages");
      }
      return new Outcome.Refused("gdb: " + said.line("Cannot access"));
    } finally {
      Files.deleteIfExists(dump);
    }
  }

  private static Tool.Said dump(long pid, Range range, Path file) throws Exception {
    return Tool.run(
        "gdb",
        "-nx",
        "-batch",
        "-ex",
        "set auto-load no",
        "-p",
        String.valueOf(pid),
        "-ex",
        "dump binary memory %s 0x%x 0x%x".formatted(file, range.from(), range.to()));
  }

  private Outcome gcore() throws Exception {
    Path folder = Files.createTempDirectory(Path.of("/var/tmp"), "attack-core");
    try {
      control(
          "gcore",
          (pid, search) -> {
            Tool.run("gcore", "-o", folder.resolve("control").toString(), String.valueOf(pid));
            search.tree(folder, Set.of());
          });
      Search search = new Search(wanted());
      long pid = Stage.enclave(stage.host());
      Tool.Said said =
          Tool.run("gcore", "-o", folder.resolve("enclave").toString(), String.valueOf(pid));
      Path core = folder.resolve("enclave." + pid);
      if (!Files.exists(core)) {
        return new Outcome.Refused("gcore: " + said.last());
      }
      search.file(core);
      return search.found().isEmpty()
          ? new Outcome.Refused(
              "a core of "
                  + (Files.size(core) >> 20)
                  + " MiB holds no key: hidden pages are not"
                  + " dumped")
          : new Outcome.Succeeded(String.join(", ", search.found()));
    } finally {
      org.shieldwall.cli.demo.Trees.delete(folder);
    }
  }

  private Outcome attach(String who) throws Exception {
    Path log = Files.createTempFile("attack", ".log");
    long pid = Stage.enclave(stage.host());
    String number = String.valueOf(pid);
    List<List<String>> tools =
        List.of(
            List.of("jcmd", SHORT, number, "GC.heap_dump", "/tmp/enclave-" + pid + ".hprof"),
            List.of("jmap", SHORT, "-histo", number),
            List.of("jstack", SHORT, number));
    String last = "";
    try {
      for (List<String> line : tools) {
        Tool.Said said =
            who.equals("root")
                ? Tool.run(line.getFirst(), line.subList(1, line.size()).toArray(String[]::new))
                : asEnclave(pid, line);
        if (said.exitCode() == 0) {
          return new Outcome.Succeeded(line.getFirst() + ": " + Stage.shortened(said.text()));
        }
        last = line.getFirst() + ": " + Stage.shortened(said.last());
      }
      require(
          ProcessHandle.of(pid).isPresent() && Stage.enclave(stage.host()) == pid,
          "the enclave is gone");
      return new Outcome.Refused(last);
    } finally {
      Files.deleteIfExists(log);
      Files.deleteIfExists(Path.of("/tmp/enclave-" + pid + ".hprof"));
    }
  }

  private static Tool.Said asEnclave(long pid, List<String> line) throws Exception {
    String user =
        String.valueOf(Files.getAttribute(Path.of("/proc/" + pid).resolve("task"), "unix:uid"));
    String real =
        Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
            .filter(each -> each.startsWith("Uid:"))
            .map(each -> each.split("\\s+", -1)[1])
            .findFirst()
            .orElse(user);
    List<String> all = new ArrayList<>(List.of("--reuid", real, "--regid", real));
    all.addAll(List.of("--clear-groups", "--", Tool.path(line.getFirst())));
    all.addAll(line.subList(1, line.size()));
    return Tool.run("setpriv", all.toArray(String[]::new));
  }

  private Outcome opened() throws Exception {
    long pid = Stage.enclave(stage.host());
    Search search = new Search(wanted());
    int count = 0;
    try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path link : links.toList()) {
        count++;
        String target = Files.readSymbolicLink(link).toString();
        if (!target.startsWith("pipe:")
            && !target.startsWith("socket:")
            && !target.startsWith("anon_inode:")
            && !target.startsWith("/dev/")
            && !target.endsWith(".jar")
            && !target.endsWith("/lib/modules")) {
          search.file(link);
        }
      }
    }
    require(count > 3, "no descriptors were seen");
    require(search.regions() > 0, "none of them could be opened");
    return search.found().isEmpty()
        ? new Outcome.Refused(
            count + " descriptors, " + search.regions() + " of them files: none holds a key")
        : new Outcome.Succeeded(String.join(", ", search.found()));
  }

  private Outcome mappedFiles() throws Exception {
    long pid = Stage.enclave(stage.host());
    Range range = hidden(pid);
    Path link = Path.of("/proc/%d/map_files/%x-%x".formatted(pid, range.from(), range.to()));
    require(Files.exists(link, java.nio.file.LinkOption.NOFOLLOW_LINKS), link + " is not there");
    try (FileChannel pages = FileChannel.open(link, StandardOpenOption.READ)) {
      var mapped = pages.map(FileChannel.MapMode.READ_ONLY, 0, range.to() - range.from());
      return new Outcome.Succeeded("mapped " + mapped.capacity() + " bytes");
    } catch (IOException refused) {
      return new Outcome.Refused("the kernel: " + refused.getMessage());
    }
  }

  private Outcome needsQuietKernel(String way) throws Exception {
    Kernel.requireNoAttaching();
    long pid = Stage.enclave(stage.host());
    try {
      new Search(wanted()).memory(pid);
      return new Outcome.Succeeded(way + " is open to root");
    } catch (AccessDeniedException denied) {
      return new Outcome.Refused("the kernel: " + denied.getMessage());
    }
  }

  private Outcome inject() throws Exception {
    Kernel.requireNoAttaching();
    Tool.Said said =
        Tool.run(
            "gdb",
            "-nx",
            "-batch",
            "-p",
            String.valueOf(Stage.enclave(stage.host())),
            "-ex",
            "print (int) getpid()");
    return said.text().contains("$1 =")
        ? new Outcome.Succeeded("it ran our call")
        : new Outcome.Refused("gdb: " + said.last());
  }
}
