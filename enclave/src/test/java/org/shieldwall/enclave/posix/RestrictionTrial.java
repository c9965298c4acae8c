package org.shieldwall.enclave.posix;

import static org.shieldwall.enclave.posix.SystemCall.INT;
import static org.shieldwall.enclave.posix.SystemCall.LONG;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.shieldwall.enclave.launch.EnclaveClassPath;

/**
 * A program whose main thread restricts itself as the enclave's does and then tries things, itself
 * and by a thread that it starts; prints what became of each.
 */
final class RestrictionTrial {
  private static final SystemCall SOCKET = SystemCall.of("socket", INT, INT, INT, INT);
  private static final SystemCall KILL = SystemCall.of("kill", INT, INT, INT);
  private static final SystemCall FORK = SystemCall.of("fork", INT);
  private static final SystemCall UNSHARE = SystemCall.of("unshare", INT, INT);
  private static final SystemCall PRCTL =
      SystemCall.variadic("prctl", 1, INT, INT, LONG, LONG, LONG, LONG);

  private final Path inside;
  private final Path outside;

  private RestrictionTrial(Path folder) {
    this.inside = folder.resolve("inside");
    this.outside = folder.resolve("outside");
  }

  private interface Attempt {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    RestrictionTrial trial = new RestrictionTrial(Path.of(arguments[0]));
    Descriptor handed = Descriptor.open(trial.outside.resolve("handed"), Descriptor.Access.READ);
    Spawner.ready();
    trial.tryAll("before");
    Landlock.restrictThisThread(trial.rules());
    WorkingCalls.restrictThisThread();
    trial.tryAll("after");
    Thread later = new Thread(() -> trial.tryAll("later"));
    later.start();
    later.join();
    attempt("handed in, by its path", () -> Files.readString(handed.path()));
    attempt("handed in, by its descriptor", () -> handed.reader().close());
    ChildProcess child =
        ChildProcess.start(
            List.of("/bin/cat", trial.outside.resolve("handed").toString()), Map.of(), List.of());
    child.exit().get();
    System.out.println("a child reads " + child.tail());
    ChildProcess sleeper = ChildProcess.start(List.of("/bin/sleep", "60"), Map.of(), List.of());
    sleeper.kill();
    System.out.println("a child is ended " + sleeper.await(Duration.ofSeconds(20)));
    ChildProcess sandboxed =
        ChildProcess.start(
            List.of("/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/", "/", "/bin/true"),
            Map.of(),
            List.of());
    System.out.println("a sandbox ends with " + sandboxed.exit().get() + sandboxed.tail());
  }

  private List<Landlock.Rule> rules() {
    List<Landlock.Rule> rules = new ArrayList<>();
    rules.add(new Landlock.Rule(inside, Landlock.Access.CHANGE));
    rules.add(new Landlock.Rule(Path.of("/dev/null"), Landlock.Access.USE));
    List<Path> readable = new ArrayList<>(EnclaveClassPath.running());
    readable.add(outside.resolve("readable"));
    readable.add(outside.resolve("nothing"));
    readable.add(Path.of(System.getProperty("java.home")));
    readable.add(Path.of("/proc"));
    readable.forEach(place -> rules.add(new Landlock.Rule(place, Landlock.Access.READ)));
    return rules;
  }

  private void tryAll(String when) {
    attempt(when + " read inside", () -> Files.readString(inside.resolve("file")));
    attempt(
        when + " write inside",
        () -> {
          Path made = Files.writeString(inside.resolve("new"), "x");
          Path moved = Files.move(made, inside.resolve("moved"));
          Files.createSymbolicLink(inside.resolve("link"), moved.getFileName());
          Files.delete(inside.resolve("link"));
          Files.delete(moved);
        });
    attempt(when + " read outside", () -> Files.readString(outside.resolve("handed")));
    attempt(when + " list outside", () -> list(outside));
    attempt(when + " read what is readable", () -> Files.readString(outside.resolve("readable")));
    attempt(
        when + " write what is readable",
        () -> Files.writeString(outside.resolve("readable"), "x"));
    attempt(when + " link outside", () -> Files.readString(inside.resolve("outward")));
    attempt(when + " unix", () -> new Descriptor((int) SOCKET.invoke(1, 1, 0)).close());
    attempt(when + " netlink", () -> new Descriptor((int) SOCKET.invoke(16, 3, 0)).close());
    attempt(when + " kill", () -> KILL.invoke((int) ProcessHandle.current().pid(), 0));
    attempt(when + " dumpable", () -> PRCTL.invoke(4, 0L, 0L, 0L, 0L));
    attempt(when + " unshare", () -> UNSHARE.invoke(0));
    attempt(when + " program", () -> new ProcessBuilder("/bin/true").start().waitFor());
    if (!when.equals("before")) { // of a Java process two would go on
      attempt(when + " fork", FORK::invoke);
    }
    System.out.println(when + " restricted " + WorkingCalls.restrictedHere());
  }

  private static void list(Path folder) throws IOException {
    try (var entries = Files.newDirectoryStream(folder)) {
      entries.forEach(entry -> {});
    }
  }

  private static void attempt(String name, Attempt attempt) {
    try {
      attempt.run();
      System.out.println(name + " works");
    } catch (Exception e) {
      System.out.println(name + " " + e.getClass().getSimpleName() + " " + e.getMessage());
    }
  }
}
