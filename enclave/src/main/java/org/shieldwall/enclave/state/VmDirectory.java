package org.shieldwall.enclave.state;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.SystemCallException;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;

/**
 * One VM's directory. {@code state} is a symbolic link to {@code state.N}; swapping it is the
 * commit point of a start. Whatever lies beside it and is not named by it was left by something
 * that did not come to its end, and is swept.
 */
public final class VmDirectory {
  private static final String LINK = "state";
  private static final String FRESH_LINK = "state.link";
  private static final Pattern STATE = Pattern.compile("state\\.([1-9][0-9]{0,15})");

  private final Path path;

  /** The directory at {@code path}, which need not be whole. */
  public VmDirectory(Path path) {
    this.path = path;
  }

  /** One generation's files. */
  public record Generation(Path folder) {
    /** {@return the key protector's file} */
    public Path protector() {
      return folder.resolve("protector.json");
    }

    /** {@return the sealed UEFI variables' file} */
    public Path variables() {
      return folder.resolve("uefi.vars");
    }

    /** {@return the sealed file of the kept keys} */
    public Path keys() {
      return folder.resolve("keys");
    }

    /** {@return the VM's saved memory; there only while it is saved} */
    public Path memory() {
      return folder.resolve("memory");
    }

    /** {@return the vTPM's folder} */
    public Path vtpm() {
      return folder.resolve("vtpm");
    }
  }

  /** {@return the directory itself} */
  public Path path() {
    return path;
  }

  /** {@return the root disk's file} */
  public Path disk() {
    return path.resolve("disk.img");
  }

  /** {@return the seed disk's file} */
  public Path seed() {
    return path.resolve("seed.img");
  }

  /**
   * Opens a disk for its guest: a file of this directory, never what a link leads to. A link to
   * {@code /proc/self/fd} would hand the guest what the enclave itself has open, another VM's UEFI
   * variables for instance.
   *
   * @param image {@link #disk} or {@link #seed}
   */
  public static Descriptor open(Path image) throws AlteredException, IOException {
    Descriptor opened;
    try {
      opened = Descriptor.open(image, Descriptor.Access.NO_LINK);
    } catch (SystemCallException e) {
      throw new AlteredException(image.getFileName() + " cannot be used: " + e.getMessage());
    }
    if (Files.isRegularFile(opened.path())) {
      return opened;
    }
    opened.close();
    throw new AlteredException(image.getFileName() + " is no file");
  }

  /** {@return whether nothing lies in it but what the fabric wrote} */
  public boolean unused() throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().equals("vm.json")) {
          return false;
        }
      }
      return true;
    }
  }

  /** {@return the generation that {@code state} names} */
  public Generation current() throws AlteredException, IOException {
    try {
      Path target = Files.readSymbolicLink(path.resolve(LINK));
      // Only ever a name beside the link: a link elsewhere would have the enclave write there.
      if (STATE.matcher(target.toString()).matches()
          && Files.isDirectory(path.resolve(target), LinkOption.NOFOLLOW_LINKS)) {
        return new Generation(path.resolve(target));
      }
      throw new AlteredException("state names " + printable(target) + ", which is no generation");
    } catch (NoSuchFileException | NotLinkException e) {
      throw new AlteredException("there is no state: this is not a VM, or it was never finished");
    }
  }

  /** {@return the key protector of {@code generation}} */
  public KeyProtector protector(Generation generation)
      throws AlteredException, ProtectorException, IOException {
    KeyProtector protector =
        KeyProtector.parse(DurableFiles.read(generation.protector(), KeyProtector.MAX_BYTES));
    Matcher name = STATE.matcher(generation.folder().getFileName().toString());
    if (!name.matches() || Long.parseLong(name.group(1)) != protector.generation()) {
      throw new AlteredException(
          generation.folder().getFileName()
              + " holds a protector of generation "
              + protector.generation());
    }
    return protector;
  }

  /** Makes an empty folder for a generation, in place of one that was left unfinished. */
  public Generation begin(long number) throws IOException {
    Generation generation = new Generation(path.resolve("state." + number));
    DurableFiles.delete(generation.folder());
    Files.createDirectory(generation.folder());
    Files.createDirectory(
        generation.vtpm(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    return generation;
  }

  /** Makes {@code generation} the current one. It is on the disk, whole, before it is. */
  public void commit(Generation generation) throws IOException {
    DurableFiles.forceAll(generation.folder());
    DurableFiles.force(path);
    Path fresh = path.resolve(FRESH_LINK);
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, generation.folder().getFileName());
    Files.move(fresh, path.resolve(LINK), StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.force(path);
  }

  /** Removes what is neither current nor part of a whole VM. */
  public void sweep() throws IOException, AlteredException {
    Path current = current().folder();
    List<Path> leftovers = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        boolean otherState = STATE.matcher(name).matches() && !entry.equals(current);
        if (otherState || name.equals(FRESH_LINK) || name.endsWith(DurableFiles.UNFINISHED)) {
          leftovers.add(entry);
        }
      }
    }
    for (Path leftover : leftovers) {
      DurableFiles.delete(leftover);
    }
  }

  private static String printable(Path path) {
    return path.toString().replaceAll("[^\\x20-\\x7e]", "?");
  }
}
