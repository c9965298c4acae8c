package org.shieldwall.enclave.launch;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.shieldwall.disk.DiskProvisioner;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.tpm.command.Tpm;

/**
 * The code the enclave runs: its own modules and the JSON library, and none of the agent's other
 * libraries. What lies where the enclave's user cannot read it, in root's home for instance, is
 * copied.
 */
public final class EnclaveClassPath {
  private static final List<Class<?>> NEEDED =
      List.of(
          EnclaveClassPath.class,
          DiskProvisioner.class,
          KeyProtector.class,
          Tpm.class,
          tools.jackson.databind.json.JsonMapper.class,
          tools.jackson.core.json.JsonFactory.class,
          com.fasterxml.jackson.annotation.JsonView.class);

  private EnclaveClassPath() {}

  /**
   * {@return the class path, separated by colons}
   *
   * @param copies a folder for copies, writable by this process only, reachable by everybody
   */
  public static String prepare(Path copies) throws IOException {
    List<String> entries = new ArrayList<>();
    for (Class<?> needed : NEEDED) {
      Path place = placeOf(needed);
      entries.add((readableByAll(place) ? place : copy(place, copies, entries.size())).toString());
    }
    return String.join(":", entries.stream().distinct().toList());
  }

  /** {@return the entries of the class path that this process runs from} */
  public static List<Path> running() {
    return Stream.of(System.getProperty("java.class.path", "").split(":"))
        .filter(entry -> !entry.isEmpty())
        .map(Path::of)
        .toList();
  }

  private static Path placeOf(Class<?> needed) throws IOException {
    CodeSource source = needed.getProtectionDomain().getCodeSource();
    try {
      return Path.of(source.getLocation().toURI()).toRealPath();
    } catch (URISyntaxException e) {
      throw new IOException("the code of " + needed.getName() + " has no place", e);
    }
  }

  private static boolean readableByAll(Path place) throws IOException {
    return Files.getPosixFilePermissions(place).contains(PosixFilePermission.OTHERS_READ)
        && closedFolder(Files.isDirectory(place) ? place : place.resolveSibling(".")).isEmpty();
  }

  /** {@return the first folder on the way into {@code folder} that not every user may pass} */
  public static Optional<Path> closedFolder(Path folder) throws IOException {
    Optional<Path> closed = Optional.empty();
    for (Path each = folder.toRealPath(); each != null; each = each.getParent()) {
      if (!Files.getPosixFilePermissions(each).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        closed = Optional.of(each);
      }
    }
    return closed;
  }

  private static Path copy(Path place, Path copies, int number) throws IOException {
    Path target = copies.resolve(number + "-" + place.getFileName());
    try (Stream<Path> all = Files.walk(place)) {
      for (Path from : all.toList()) {
        Path to = target.resolve(place.relativize(from).toString());
        if (Files.isDirectory(from)) {
          Files.createDirectories(to);
          Files.setPosixFilePermissions(to, permissions("rwxr-xr-x"));
        } else {
          Files.copy(from, place.equals(from) ? target : to, StandardCopyOption.REPLACE_EXISTING);
          Files.setPosixFilePermissions(place.equals(from) ? target : to, permissions("rw-r--r--"));
        }
      }
    }
    return target;
  }

  private static Set<PosixFilePermission> permissions(String text) {
    return PosixFilePermissions.fromString(text);
  }
}
