package org.shieldwall.enclave.worker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of bubblewrap: new user, mount, pid, network, ipc, uts and cgroup namespaces, no
 * capability, a file system that holds only what is named here, and an end when the enclave ends.
 */
public final class Sandbox {
  private static final Path BUBBLEWRAP = Path.of("/usr/bin/bwrap");

  // Libraries and the few data files of the programs run inside. No shell, no /etc, no /home.
  private static final List<String> LIBRARIES = List.of("/usr/lib", "/usr/lib32", "/usr/lib64");

  private final List<String> arguments = new ArrayList<>();

  private Sandbox(String host) {
    arguments.add(BUBBLEWRAP.toString());
    arguments.addAll(List.of("--unshare-all", "--unshare-user", "--disable-userns"));
    arguments.addAll(List.of("--die-with-parent", "--new-session"));
    arguments.addAll(List.of("--cap-drop", "ALL", "--clearenv", "--hostname", host));
    LIBRARIES.forEach(this::readOnlyIfThere);
    for (String name : List.of("lib", "lib32", "lib64")) {
      arguments.addAll(List.of("--symlink", "usr/" + name, "/" + name));
    }
    arguments.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"));
  }

  /** {@return a sandbox that holds libraries only} */
  public static Sandbox named(String host) {
    return new Sandbox(host);
  }

  /** Adds a file or folder at its own path, read-only. */
  public Sandbox readOnly(String path) {
    arguments.addAll(List.of("--ro-bind", path, path));
    return this;
  }

  /** Adds a file or folder at its own path, read-only, where the host has it. */
  public Sandbox readOnlyIfThere(String path) {
    arguments.addAll(List.of("--ro-bind-try", path, path));
    return this;
  }

  /** Adds a device. */
  public Sandbox device(String path) {
    arguments.addAll(List.of("--dev-bind", path, path));
    return this;
  }

  /** Adds the folder open as the child's descriptor {@code number}, writable. */
  public Sandbox folder(int number, String path) {
    arguments.addAll(List.of("--bind-fd", String.valueOf(number), path));
    return this;
  }

  /** {@return the whole command that runs {@code command} inside} */
  public List<String> run(List<String> command) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of("--remount-ro", "/", "--"));
    all.addAll(command);
    return List.copyOf(all);
  }

  /** {@return whether bubblewrap is installed} */
  public static boolean available() {
    return Files.isExecutable(BUBBLEWRAP);
  }
}
