package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.lab.attack.Canaries.Canary;

/** The ways in which root reads another process's memory, each by what really does it. */
enum Memory {
  PROC_MEM("/proc/PID/mem") {
    @Override
    void read(long pid, Search search) throws DeniedException, IOException {
      try {
        search.memory(pid);
      } catch (AccessDeniedException denied) {
        throw new DeniedException("the kernel denies " + denied.getMessage());
      }
    }
  },
  PROCESS_VM_READV("process_vm_readv") {
    @Override
    void read(long pid, Search search) throws DeniedException, IOException {
      int read = 0;
      String refusal = "nothing is mapped";
      for (Range range : ranges(pid)) {
        try {
          byte[] bytes = ForeignMemory.read(pid, range.from(), (int) range.length(MOST));
          search.block(bytes, bytes.length, range.name());
          read++;
        } catch (ForeignMemory.RefusedException refused) {
          refusal = String.valueOf(refused.getMessage());
        }
      }
      if (read == 0) {
        throw new DeniedException(refusal);
      }
    }
  },
  GDB("gdb") {
    @Override
    void read(long pid, Search search) throws DeniedException, IOException, InterruptedException {
      Path folder = Files.createTempDirectory(Path.of("/var/tmp"), "attack-gdb");
      try {
        List<String> line = new ArrayList<>(List.of("-nx", "-batch", "-p", "" + pid));
        int number = 0;
        for (Range range : ranges(pid)) {
          line.add("-ex");
          line.add(
              "dump binary memory %s 0x%x 0x%x"
                  .formatted(
                      folder.resolve("dump." + number++),
                      range.from(),
                      range.from() + range.length(MOST)));
        }
        Tool.Said said = Tool.run("gdb", line.toArray(String[]::new));
        int before = search.regions();
        search.tree(folder, Set.of());
        if (search.regions() == before) {
          throw new DeniedException("gdb: " + said.line("not permitted"));
        }
      } finally {
        Trees.delete(folder);
      }
    }
  },
  GCORE("gcore") {
    @Override
    void read(long pid, Search search) throws DeniedException, IOException, InterruptedException {
      Path folder = Files.createTempDirectory(Path.of("/var/tmp"), "attack-core");
      try {
        Tool.Said said = Tool.run("gcore", "-o", folder.resolve("core").toString(), "" + pid);
        Path core = folder.resolve("core." + pid);
        if (!Files.exists(core)) {
          throw new DeniedException("gcore: " + said.line("not permitted"));
        }
        search.file(core);
      } finally {
        Trees.delete(folder);
      }
    }
  };

  /** So much of one mapping is enough to show that it is open. */
  private static final long MOST = 16 << 20;

  private final String way;

  Memory(String way) {
    this.way = way;
  }

  /** The kernel, or the tool on its behalf, refused. */
  static final class DeniedException extends Exception {
    private static final long serialVersionUID = 1L;

    DeniedException(String message) {
      super(message);
    }
  }

  /** A mapping that the process itself can read and write. */
  record Range(long from, long to, String name) {
    long length(long most) {
      return Math.min(to - from, most);
    }
  }

  /** {@return what it is called} */
  String way() {
    return way;
  }

  /** Reads what can be read of a process. */
  abstract void read(long pid, Search search)
      throws DeniedException, IOException, InterruptedException;

  /** {@return where a process keeps its data (proc(5), maps)} */
  static List<Range> ranges(long pid) throws IOException {
    List<Range> ranges = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
      String[] words = line.split("\\s+", 6);
      if (words[1].startsWith("rw")) {
        String[] bounds = words[0].split("-", -1);
        ranges.add(
            new Range(
                Long.parseLong(bounds[0], 16),
                Long.parseLong(bounds[1], 16),
                words[5].isEmpty() ? "anonymous memory" : words[5]));
      }
    }
    return ranges;
  }

  /**
   * Shows that this way finds what lies in a process that protects nothing. Where nobody may attach
   * to any process there is none that it finds, and nothing to show.
   */
  void control() throws IOException, InterruptedException {
    if (Kernel.forbidsAttaching()) {
      return;
    }
    Canary open =
        new Canary(
            "a control's secret",
            ("control-" + System.nanoTime()).getBytes(StandardCharsets.US_ASCII));
    ProcessBuilder builder = new ProcessBuilder("/bin/sleep", "60");
    builder.environment().put("CANARY", new String(open.bytes(), StandardCharsets.US_ASCII));
    Process target = builder.start();
    try {
      Search search = new Search(List.of(open));
      read(target.pid(), search);
      require(!search.found().isEmpty(), way + " does not even find an unprotected secret");
    } catch (DeniedException denied) {
      require(false, way + " is denied for an unprotected process: " + denied.getMessage());
    } finally {
      target.destroyForcibly().waitFor();
    }
  }

  /** Attacks a process: on a kernel that lets root attach there is nothing to be shown. */
  Outcome attack(long pid, List<Canary> wanted) throws IOException, InterruptedException {
    control();
    Kernel.requireNoAttaching();
    Search search = new Search(wanted);
    try {
      read(pid, search);
      return new Outcome.Succeeded(
          way + " reads " + (search.bytes() >> 10) + " KiB of it: " + search.found());
    } catch (DeniedException denied) {
      return new Outcome.Refused(Stage.shortened(String.valueOf(denied.getMessage())));
    }
  }
}
