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
            "take its sockets, the worker's monitor among them, by pidfd_getfd",
            this::takenDescriptors),
        attack(
            "enclave-heap",
            "its own private keys, which lie on the heap, by /proc/PID/mem",
            () -> Memory.PROC_MEM.attack(Stage.enclave(stage.host()), wanted())),
        attack(
            "enclave-bpf",
            "copy the pages of the keys by a BPF program in the enclave's own context",
            this::bpf),
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

  private Outcome procMem() throws Exception {
    Memory.PROC_MEM.control();
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

  private static Memory.Range hidden(long pid) throws IOException {
    return Memory.ranges(pid).stream()
        .filter(range -> range.name().contains(HIDDEN))
        .findFirst()
        .orElseThrow(
            () -> new Attack.PreconditionException("the enclave has no memfd_secret pages"));
  }

  private Outcome processVmReadv() throws Exception {
    Memory.PROCESS_VM_READV.control();
    long pid = Stage.enclave(stage.host());
    Memory.Range range = hidden(pid);
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
      Memory.GDB.control();
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

  private static Tool.Said dump(long pid, Memory.Range range, Path file) throws Exception {
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
    Memory.GCORE.control();
    Search search = new Search(wanted());
    try {
      Memory.GCORE.read(Stage.enclave(stage.host()), search);
    } catch (Memory.DeniedException denied) {
      return new Outcome.Refused(Stage.shortened(String.valueOf(denied.getMessage())));
    }
    return search.found().isEmpty()
        ? new Outcome.Refused(
            "a core of "
                + (search.bytes() >> 20)
                + " MiB holds no key: hidden pages are not dumped")
        : new Outcome.Succeeded(String.join(", ", search.found()));
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
    Memory.Range range = hidden(pid);
    Path link = Path.of("/proc/%d/map_files/%x-%x".formatted(pid, range.from(), range.to()));
    require(Files.exists(link, java.nio.file.LinkOption.NOFOLLOW_LINKS), link + " is not there");
    try (FileChannel pages = FileChannel.open(link, StandardOpenOption.READ)) {
      var mapped = pages.map(FileChannel.MapMode.READ_ONLY, 0, range.to() - range.from());
      return new Outcome.Succeeded("mapped " + mapped.capacity() + " bytes");
    } catch (IOException refused) {
      return new Outcome.Refused("the kernel: " + refused.getMessage());
    }
  }

  private Outcome takenDescriptors() throws Exception {
    Kernel.requireNoAttaching();
    long pid = Stage.enclave(stage.host());
    List<Integer> sockets = ForeignDescriptor.sockets(pid);
    require(!sockets.isEmpty(), "the enclave has no sockets open");
    String last = "";
    for (int number : sockets) {
      try {
        return new Outcome.Succeeded(
            "took " + Files.readSymbolicLink(ForeignDescriptor.take(pid, number)));
      } catch (RawCall.RefusedException refused) {
        last = String.valueOf(refused.getMessage());
      }
    }
    return new Outcome.Refused(sockets.size() + " sockets: " + last);
  }

  private Outcome bpf() throws Exception {
    long pid = Stage.enclave(stage.host());
    return GuestMemoryAttacks.bpf(pid, List.of(hidden(pid)), "what the enclave hides");
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
