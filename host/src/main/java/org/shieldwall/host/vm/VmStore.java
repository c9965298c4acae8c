package org.shieldwall.host.vm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;

/**
 * VMs as folders. A VM is in the store once its {@code vm.json} is there, which is written last; a
 * folder without one is what a creation that did not finish left, and is swept.
 */
public final class VmStore {
  private static final String DEFINITION = "vm.json";
  private static final int MAX_DEFINITION = 64 << 10;

  private final Path root;

  /** A store at {@code root}. */
  public VmStore(Path root) {
    this.root = root;
  }

  /** {@return the folder of a VM of this name, whether it is there or not} */
  public Path folder(String name) throws AgentException {
    if (!VmDefinition.isName(name)) {
      throw new AgentException(
          Kind.MALFORMED,
          "bad-name",
          "\"" + name + "\" cannot be a VM's name",
          "use 1 to 63 lower-case letters, digits and hyphens");
    }
    return root.resolve(name);
  }

  /** Makes an empty folder for a new VM. */
  public Path begin(String name) throws AgentException {
    Path folder = folder(name);
    if (Files.exists(folder.resolve(DEFINITION))) {
      throw new AgentException(
          Kind.REFUSED,
          "vm-exists",
          "there is a VM \"" + name + "\" already",
          "choose another name, or: shieldwall vm delete " + name);
    }
    try {
      deleteTree(folder);
      return Files.createDirectories(folder);
    } catch (IOException problem) {
      throw unusable(folder, problem);
    }
  }

  /** Puts a made VM into the store: the last step of its creation. */
  public void complete(Path folder, VmDefinition definition) throws AgentException {
    Path file = folder.resolve(DEFINITION);
    Path partial = folder.resolve(DEFINITION + ".partial");
    try {
      Files.write(partial, Json.bytes(definition.toJson()));
      sync(partial);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      sync(folder);
    } catch (IOException problem) {
      throw unusable(file, problem);
    }
  }

  /**
   * {@return the definition among the files that were put into {@code folder} from elsewhere}, and
   * takes it away: the VM is not in the store before {@link #complete}.
   */
  public VmDefinition adopt(Path folder, String name) throws AgentException {
    VmDefinition definition = read(name);
    try {
      Files.delete(folder.resolve(DEFINITION));
      return definition;
    } catch (IOException problem) {
      throw unusable(folder, problem);
    }
  }

  /** Reads a VM's definition. */
  public VmDefinition read(String name) throws AgentException {
    Path file = folder(name).resolve(DEFINITION);
    if (!Files.exists(file)) {
      throw new AgentException(
          Kind.REFUSED, "no-such-vm", "there is no VM \"" + name + "\"", "shieldwall vm list");
    }
    try (var in = Files.newInputStream(file)) {
      // The folder's name counts: a copied folder is another VM of this store, whatever it says.
      return VmDefinition.parse(in.readNBytes(MAX_DEFINITION + 1)).named(name);
    } catch (IOException problem) {
      throw unusable(file, problem);
    } catch (ProtectorException problem) {
      throw new AgentException(
          Kind.MALFORMED, problem.code().id(), file + ": " + problem.detail(), "");
    }
  }

  /** {@return the VM's current key protector, verified} */
  public KeyProtector protector(String name) throws AgentException {
    Path file = folder(name).resolve("state/protector.json");
    try (var in = Files.newInputStream(file)) {
      return KeyProtector.parse(in.readNBytes(KeyProtector.MAX_BYTES + 1));
    } catch (IOException problem) {
      throw unusable(file, problem);
    } catch (ProtectorException problem) {
      throw new AgentException(
          Kind.REFUSED,
          problem.code().id(),
          file + ": " + problem.detail(),
          "restore the VM's directory from a copy made while it was stopped");
    }
  }

  /** {@return whether saved memory lies with a VM of this name} */
  public boolean hasMemory(String name) {
    return Files.exists(root.resolve(name).resolve("state/memory"));
  }

  /** {@return the names of all VMs, sorted} */
  public List<String> names() throws AgentException {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(root)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve(DEFINITION)))
          .map(folder -> folder.getFileName().toString())
          .filter(VmDefinition::isName)
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException problem) {
      throw unusable(root, problem);
    }
  }

  /** Removes what creations that did not finish have left; {@return the folders removed} */
  public List<String> sweep() throws AgentException {
    List<String> removed = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      return removed;
    }
    try (Stream<Path> folders = Files.list(root)) {
      for (Path folder : folders.toList()) {
        if (VmDefinition.isName(folder.getFileName().toString())
            && !Files.exists(folder.resolve(DEFINITION))) {
          deleteTree(folder);
          removed.add(folder.getFileName().toString());
        }
      }
    } catch (IOException problem) {
      throw unusable(root, problem);
    }
    return removed;
  }

  /** Deletes a VM: the definition first, so that a deletion cut short is finished by a sweep. */
  public void delete(String name) throws AgentException {
    Path folder = folder(name);
    try {
      Files.deleteIfExists(folder.resolve(DEFINITION));
      deleteTree(folder);
    } catch (IOException problem) {
      throw unusable(folder, problem);
    }
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static AgentException unusable(Path path, Exception problem) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "file-not-usable",
        path + " cannot be used: " + problem.getMessage(),
        "check the disk's free space and the folder's owner");
  }
}
