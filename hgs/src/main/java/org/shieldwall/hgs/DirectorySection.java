package org.shieldwall.hgs;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.hgs.attestation.directory.DirectorySettings;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;

/**
 * The section {@code [directory]} of {@code hgs.toml}: the directory whose machines may attest.
 *
 * @param file for messages, and where relative paths start from
 * @param toml the whole file
 */
record DirectorySection(Path file, TomlParseResult toml) {
  static final String NAME = "directory";
  static final Set<String> KEYS =
      Set.of("realm", "account", "service", "keytab", "ldap", "krb5-conf");

  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  /**
   * {@return the settings; nothing without the section}
   *
   * @param name the service's host name
   */
  Optional<DirectorySettings> read(String name) throws HgsException {
    if (toml.get(List.of(NAME)) == null) {
      return Optional.empty();
    }
    String realm = required("realm");
    if (!realm.matches("[A-Z0-9][A-Z0-9.-]{0,253}")) {
      throw refused("realm", "a realm is written in capitals: EXAMPLE.ORG");
    }
    Path keytab = path("keytab", "hgs.keytab");
    requirePrivate(keytab);
    return Optional.of(
        new DirectorySettings(
            realm,
            required("account"),
            text("service").orElse("shieldwall/" + name),
            keytab,
            servers(),
            path("krb5-conf", "/etc/krb5.conf")));
  }

  /** Whoever reads the keytab can make a ticket for any machine. */
  private void requirePrivate(Path keytab) throws HgsException {
    try {
      for (PosixFilePermission right : Files.getPosixFilePermissions(keytab)) {
        if (OTHERS.contains(right)) {
          throw new HgsException(
              "others may read or write the keytab " + keytab + ", which opens every ticket",
              "chmod 0600 " + keytab);
        }
      }
    } catch (IOException e) {
      throw new HgsException(
          "the keytab " + keytab + " cannot be read",
          "export the keys of the service's account to it: samba-tool domain exportkeytab",
          e);
    }
  }

  private List<URI> servers() throws HgsException {
    if (!(toml.get(List.of(NAME, "ldap")) instanceof TomlArray array) || array.isEmpty()) {
      throw refused("ldap", "'ldap' must be a list: [\"ldap://dc1.example.org\"]");
    }
    List<URI> servers = new ArrayList<>();
    for (Object each : array.toList()) {
      if (!(each instanceof String text) || !text.matches("ldap://[A-Za-z0-9._-]+(:[0-9]{1,5})?")) {
        throw refused("ldap", "each of 'ldap' is ldap://HOST or ldap://HOST:PORT");
      }
      servers.add(URI.create(text));
    }
    return servers;
  }

  private Path path(String key, String otherwise) throws HgsException {
    Path path = Path.of(text(key).orElse(otherwise));
    Path folder = file.toAbsolutePath().getParent();
    return folder == null ? path : folder.resolve(path);
  }

  private String required(String key) throws HgsException {
    return text(key).orElseThrow(() -> refused("", "[directory] lacks '" + key + "'"));
  }

  private Optional<String> text(String key) throws HgsException {
    Object value = toml.get(List.of(NAME, key));
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text && !text.isBlank()) {
      return Optional.of(text);
    }
    throw refused(key, "'" + key + "' must be text");
  }

  private HgsException refused(String key, String what) {
    List<String> path = key.isEmpty() ? List.of(NAME) : List.of(NAME, key);
    return HgsConfig.refused(file, toml.inputPositionOf(path), what);
  }
}
