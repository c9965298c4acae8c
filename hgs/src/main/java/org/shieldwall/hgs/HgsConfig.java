package org.shieldwall.hgs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.shieldwall.hgs.attestation.directory.DirectorySettings;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * {@code hgs.toml}. Every key has a default; a key that is not known, or a value of the wrong kind,
 * is refused with its line and column.
 *
 * @param address address to listen on; {@code ::} is every address, IPv4 included
 * @param port TCP port; 0 for any free one
 * @param name host name that hosts use to reach the service
 * @param keyFile the file that opens the sealed keys; empty if a passphrase does
 * @param certificateValidity how long a health certificate is good
 * @param lease how long an enclave may run a VM without a word of the service
 * @param directory the directory whose machines may attest; empty if there is none
 */
public record HgsConfig(
    String address,
    int port,
    String name,
    Optional<Path> keyFile,
    Duration certificateValidity,
    Duration lease,
    Optional<DirectorySettings> directory) {

  /** The service's usual port. */
  public static final int DEFAULT_PORT = 8443;

  static final Duration MAX_VALIDITY = Duration.ofHours(24);

  private static final int MIN_LEASE = 10;
  private static final int MAX_LEASE = 7 * 86_400;

  private static final Map<String, Set<String>> KNOWN =
      Map.of(
          "listen",
          Set.of("address", "port", "name"),
          "secrets",
          Set.of("key-file"),
          "certificate",
          Set.of("validity-hours"),
          "lease",
          Set.of("seconds"),
          DirectorySection.NAME,
          DirectorySection.KEYS);

  /** {@return what holds where the file says nothing} */
  public static HgsConfig defaults() {
    return new HgsConfig(
        "::",
        DEFAULT_PORT,
        "localhost",
        Optional.empty(),
        Duration.ofHours(8),
        Duration.ofHours(1),
        Optional.empty());
  }

  /** {@return a copy that listens there} */
  public HgsConfig listeningOn(String newAddress, int newPort) {
    return new HgsConfig(newAddress, newPort, name, keyFile, certificateValidity, lease, directory);
  }

  /**
   * Reads {@code file}; relative paths in it start from its folder.
   *
   * @throws HgsException if it is missing, is no TOML or holds a key or value that is not known
   */
  public static HgsConfig read(Path file) throws HgsException {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new HgsException(
          "the configuration " + file + " cannot be read", "shieldwall hgs init", e);
    }
    return parse(text, file);
  }

  static HgsConfig parse(String text, Path file) throws HgsException {
    TomlParseResult toml = Toml.parse(text);
    if (toml.hasErrors()) {
      var first = toml.errors().getFirst();
      throw refused(file, first.position(), String.valueOf(first.getMessage()));
    }
    refuseUnknown(toml, file);
    HgsConfig defaults = defaults();
    Path folder = file.toAbsolutePath().getParent();
    Reader reader = new Reader(toml, file);
    return new HgsConfig(
        reader.text("listen.address", defaults.address()),
        reader.number("listen.port", defaults.port(), 0, 65_535),
        reader.text("listen.name", defaults.name()),
        reader.path("secrets.key-file", folder),
        Duration.ofHours(
            reader.number(
                "certificate.validity-hours",
                (int) defaults.certificateValidity().toHours(),
                1,
                (int) MAX_VALIDITY.toHours())),
        Duration.ofSeconds(
            reader.number(
                "lease.seconds", (int) defaults.lease().toSeconds(), MIN_LEASE, MAX_LEASE)),
        new DirectorySection(file, toml).read(reader.text("listen.name", defaults.name())));
  }

  private static void refuseUnknown(TomlParseResult toml, Path file) throws HgsException {
    for (String section : toml.keySet()) {
      TomlPosition at = toml.inputPositionOf(section);
      Set<String> keys = KNOWN.get(section);
      if (keys == null) {
        throw refused(
            file, at, "unknown section or key '" + section + "'; known: " + sorted(KNOWN.keySet()));
      }
      if (!(toml.get(section) instanceof TomlTable table)) {
        throw refused(file, at, "'" + section + "' is a section: write [" + section + "]");
      }
      for (String key : table.keySet()) {
        if (!keys.contains(key)) {
          throw refused(
              file,
              table.inputPositionOf(key),
              "unknown key '" + key + "' in [" + section + "]; known: " + sorted(keys));
        }
      }
    }
  }

  private static String sorted(Set<String> words) {
    return String.join(", ", words.stream().sorted().toList());
  }

  static HgsException refused(Path file, @Nullable TomlPosition at, String what) {
    String where = at == null ? "" : " line " + at.line() + ", column " + at.column();
    return new HgsException(
        "the configuration " + file + where + ": " + what, "edit " + file + " and start again");
  }

  /** {@return the file's text with every default spelled out in a comment} */
  static String template(HgsSetup.Address address, Optional<String> keyFile) {
    return """
    # Configuration of the Host Guardian Service. What is commented out is the default.

    [listen]
    # "::" is every address of this machine, IPv4 included
    %s
    %s
    name = "%s"

    [secrets]
    %s

    [certificate]
    # validity-hours = 8        # how long a host stays trusted after it has proved itself; 24 at most

    [lease]
    # seconds = 3600            # how long a host runs a VM without a word of this service; also how
    #                           # long the VM of a dead host is kept from starting elsewhere

    # For hosts that attest in directory mode (shieldwall hgs mode enable directory):
    # [directory]
    # realm = "EXAMPLE.ORG"
    # ldap = ["ldap://dc1.example.org"]
    # account = "hgs"           # this service's own account, as which it reads the directory
    # service = "shieldwall/hgs.example.org"
    # keytab = "hgs.keytab"     # keys of account and service
    # krb5-conf = "/etc/krb5.conf"
    """
        .formatted(
            address
                .listen()
                .map(listen -> "address = \"" + listen + "\"")
                .orElse("# address = \"::\""),
            address.port().map(port -> "port = " + port).orElse("# port = " + DEFAULT_PORT),
            address.name(),
            keyFile
                .map(file -> "key-file = \"" + file + "\"")
                .orElse("# key-file = \"unlock.key\"  # absent: a passphrase opens the keys"));
  }

  private record Reader(TomlParseResult toml, Path file) {
    String text(String key, String otherwise) throws HgsException {
      Object value = toml.get(key);
      if (value == null) {
        return otherwise;
      }
      if (value instanceof String text && !text.isBlank()) {
        return text;
      }
      throw refused(file, toml.inputPositionOf(key), "'" + key + "' must be text");
    }

    int number(String key, int otherwise, int least, int most) throws HgsException {
      Object value = toml.get(key);
      if (value == null) {
        return otherwise;
      }
      if (value instanceof Long number && number >= least && number <= most) {
        return Math.toIntExact(number);
      }
      throw refused(
          file,
          toml.inputPositionOf(key),
          "'" + key + "' must be a number from " + least + " to " + most);
    }

    Optional<Path> path(String key, @Nullable Path folder) throws HgsException {
      if (toml.get(key) == null) {
        return Optional.empty();
      }
      Path path = Path.of(text(key, ""));
      return Optional.of(folder == null ? path : folder.resolve(path));
    }
  }
}
