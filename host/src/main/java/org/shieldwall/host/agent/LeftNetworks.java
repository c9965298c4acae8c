package org.shieldwall.host.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.vm.GuestNetwork;

/**
 * What guests' networks are in an agent's runtime folder: {@code net-NAME} with passt's socket,
 * {@code net-NAME.log} with its words, {@code net-NAME.tap} with the name of the TAP device whose
 * filter is the VM's. The last two lie beside the folder, because the folder is passt's to write. A
 * VM that has ended needs none of them: what an agent finds when it starts, and no running VM's,
 * was left by one that did not come to its end.
 */
final class LeftNetworks {
  private static final String PREFIX = "net-";
  private static final String DEVICE = ".tap";
  private static final String LOG = ".log";

  private final Path runtime;
  private final Map<String, Optional<String>> devices;

  private LeftNetworks(Path runtime, Map<String, Optional<String>> devices) {
    this.runtime = runtime;
    this.devices = devices;
  }

  /** {@return the folder of the network of this VM} */
  static Path folder(Path runtime, String vm) {
    return runtime.resolve(PREFIX + vm);
  }

  /** Notes, before a filter is put on it, whose device that is. */
  static void note(Path folder, String device) throws AgentException {
    Path note = beside(folder, DEVICE);
    try {
      Files.createDirectories(note.getParent());
      Files.writeString(note, device, StandardCharsets.US_ASCII);
    } catch (IOException problem) {
      throw unusable(note, problem);
    }
  }

  /** {@return all that are there now} */
  static LeftNetworks in(Path runtime) throws AgentException {
    Map<String, Optional<String>> devices = new TreeMap<>();
    try (Stream<Path> entries = Files.list(runtime)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.startsWith(PREFIX)) {
          String vm = name.substring(PREFIX.length()).replaceFirst("[.].*", "");
          devices.put(vm, device(folder(runtime, vm)));
        }
      }
    } catch (IOException problem) {
      throw unusable(runtime, problem);
    }
    return new LeftNetworks(runtime, devices);
  }

  private static Optional<String> device(Path folder) throws IOException {
    Path note = beside(folder, DEVICE);
    return Files.isRegularFile(note, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(Files.readString(note, StandardCharsets.US_ASCII))
            .filter(device -> device.matches(GuestNetwork.TAP_NAME))
        : Optional.empty();
  }

  /**
   * Removes them, with the filters that they name.
   *
   * @param running VMs that keep theirs
   * @return the VMs whose networks were removed
   */
  List<String> sweep(Set<String> running) throws AgentException {
    List<String> swept = new ArrayList<>(devices.keySet());
    swept.removeAll(running);
    for (String vm : swept) {
      sweep(vm);
    }
    return List.copyOf(swept);
  }

  private void sweep(String vm) throws AgentException {
    Path folder = folder(runtime, vm);
    Optional<String> device = devices.getOrDefault(vm, Optional.empty());
    if (device.isPresent()) {
      TapFilter.remove(device.get());
    }
    try {
      Files.deleteIfExists(beside(folder, DEVICE));
      Files.deleteIfExists(beside(folder, LOG));
      if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        try (Stream<Path> files = Files.list(folder)) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(folder);
      }
    } catch (IOException problem) {
      throw unusable(folder, problem);
    }
  }

  /** Removes the network of one VM. */
  static void remove(Path runtime, String vm) throws AgentException {
    LeftNetworks all = in(runtime);
    if (all.devices.containsKey(vm)) {
      all.sweep(vm);
    }
  }

  /** {@return the file beside a network's folder} */
  static Path beside(Path folder, String ending) {
    return folder.resolveSibling(folder.getFileName() + ending);
  }

  private static AgentException unusable(Path path, IOException problem) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "file-not-usable",
        path + " cannot be used: " + problem.getMessage(),
        "check the disk's free space and the folder's owner");
  }
}
