package org.shieldwall.host;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.host.migrate.PeerAddress;
import org.shieldwall.protocol.HostIdentity;
import org.tomlj.Toml;
import org.tomlj.TomlInvalidTypeException;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;

/**
 * The host's configuration: {@code host.toml} in its directory, and the places that follow from it.
 *
 * @param directory where everything of this host is
 * @param name the host's name, as registered
 * @param hgs address of the Host Guardian Service
 * @param hgsCertificate its certificate, or its CA's
 * @param tpm {@code device:/dev/tpmrm0} or {@code swtpm:/path/of/socket}
 * @param evidence where the kernel keeps its measurements
 * @param enclaveUser numeric user the enclave runs as where the agent is root
 * @param attestation how it attests
 * @param migration where the agent takes VMs from other hosts; nowhere if empty
 */
public record HostConfig(
    Path directory,
    String name,
    URI hgs,
    Path hgsCertificate,
    String tpm,
    Evidence evidence,
    int enclaveUser,
    AttestationSetting attestation,
    Optional<PeerAddress> migration) {
  /** A user that no distribution gives out: above the dynamic users of adduser and of systemd. */
  public static final int ENCLAVE_USER = 65520;

  private static final String FILE = "host.toml";
  private static final Set<String> KEYS =
      Set.of(
          "name",
          "hgs",
          "hgs-certificate",
          "tpm",
          "event-log",
          "ima-list",
          "command-line",
          "enclave-user",
          "migration",
          "attestation");

  /** A host that takes no VMs from others. */
  public HostConfig(
      Path directory,
      String name,
      URI hgs,
      Path hgsCertificate,
      String tpm,
      Evidence evidence,
      int enclaveUser,
      AttestationSetting attestation) {
    this(
        directory,
        name,
        hgs,
        hgsCertificate,
        tpm,
        evidence,
        enclaveUser,
        attestation,
        Optional.empty());
  }

  /** A host that attests by its TPM. */
  public HostConfig(
      Path directory,
      String name,
      URI hgs,
      Path hgsCertificate,
      String tpm,
      Evidence evidence,
      int enclaveUser) {
    this(
        directory,
        name,
        hgs,
        hgsCertificate,
        tpm,
        evidence,
        enclaveUser,
        new AttestationSetting.Tpm());
  }

  /** {@return the default directory of this user} */
  public static Path defaultDirectory() {
    return "root".equals(System.getProperty("user.name"))
        ? Path.of("/var/lib/shieldwall/host")
        : Path.of(System.getProperty("user.home", "."), ".local/share/shieldwall/host");
  }

  /** {@return the socket on which the agent serves the fabric's administrator} */
  public Path agentSocket() {
    return runtime().resolve("agent.sock");
  }

  /** {@return where sockets and passing files are; emptied at each start} */
  public Path runtime() {
    return directory.resolve("run");
  }

  /** {@return the folder of the enclave's socket} */
  public Path enclaveRuntime() {
    return runtime().resolve("enclave");
  }

  /** {@return the store of VMs} */
  public Path store() {
    return directory.resolve("vms");
  }

  /** {@return the last health certificate: public, kept for {@code host status}} */
  public Path certificateFile() {
    return directory.resolve("health.der");
  }

  /** {@return the certificate of the attestation key: public, saves the TPM work} */
  public Path attestationKeyCertificate() {
    return directory.resolve("attestation-key.der");
  }

  /** Writes a new {@code host.toml}. */
  public void create() throws AgentException {
    Path file = directory.resolve(FILE);
    if (Files.exists(file)) {
      throw new AgentException(
          AgentException.Kind.REFUSED,
          "already-initialised",
          file + " exists: this host is set up",
          "edit it, or name another --dir");
    }
    try {
      Files.createDirectories(directory);
      Files.writeString(file, toml());
    } catch (IOException problem) {
      throw unusable(file, problem);
    }
  }

  private String toml() {
    return String.join(
        "\n",
        "# Shieldwall guarded host. Changes take effect when the agent is started again.",
        "name = " + quoted(name),
        "hgs = " + quoted(hgs.toString()),
        "hgs-certificate = " + quoted(hgsCertificate.toString()),
        "tpm = " + quoted(tpm),
        "event-log = " + quoted(evidence.eventLog().toString()),
        "ima-list = " + quoted(evidence.imaList().toString()),
        "command-line = " + quoted(evidence.commandLine().toString()),
        "enclave-user = " + enclaveUser,
        migration
            .map(address -> "migration = " + quoted(address.toString()))
            .orElse("# Where VMs of other hosts may come: migration = \"192.0.2.7:8445\""),
        "",
        AttestationSection.toml(attestation));
  }

  static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** Reads {@code host.toml}; a misspelt key is refused with its line and column. */
  public static HostConfig read(Path directory) throws AgentException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      throw new AgentException(
          AgentException.Kind.UNAVAILABLE,
          "not-initialised",
          "there is no " + file + ": this host is not set up",
          "shieldwall host init --hgs https://… --hgs-certificate hgs.pem");
    }
    TomlParseResult toml;
    try {
      toml = Toml.parse(file);
    } catch (IOException problem) {
      throw unusable(file, problem);
    }
    if (toml.hasErrors()) {
      TomlParseError first = toml.errors().getFirst();
      throw malformed(file, first.position(), String.valueOf(first.getMessage()));
    }
    for (String key : toml.keySet()) {
      if (!KEYS.contains(key)) {
        throw malformed(
            file,
            toml.inputPositionOf(List.of(key)),
            "unknown key \""
                + key
                + "\"; known are "
                + String.join(", ", KEYS.stream().sorted().toList()));
      }
    }
    return of(directory.toAbsolutePath(), file, toml);
  }

  private static HostConfig of(Path directory, Path file, TomlParseResult toml)
      throws AgentException {
    Evidence usual = Evidence.ofThisBoot();
    String name = text(file, toml, "name").orElse("");
    if (!HostIdentity.isName(name)) {
      throw malformed(file, toml.inputPositionOf(List.of("name")), "no good name for a host");
    }
    try {
      return new HostConfig(
          directory,
          name,
          URI.create(text(file, toml, "hgs").orElse("")),
          directory.resolve(text(file, toml, "hgs-certificate").orElse("hgs.pem")),
          text(file, toml, "tpm").orElse("device:/dev/tpmrm0"),
          new Evidence(
              text(file, toml, "event-log").map(Path::of).orElse(usual.eventLog()),
              text(file, toml, "ima-list").map(Path::of).orElse(usual.imaList()),
              text(file, toml, "command-line").map(Path::of).orElse(usual.commandLine())),
          Math.toIntExact(
              Optional.ofNullable(toml.getLong("enclave-user")).orElse((long) ENCLAVE_USER)),
          new AttestationSection(file, toml).read(directory),
          migration(file, toml));
    } catch (IllegalArgumentException | ArithmeticException | TomlInvalidTypeException e) {
      throw malformed(file, null, String.valueOf(e.getMessage()));
    }
  }

  private static Optional<PeerAddress> migration(Path file, TomlParseResult toml)
      throws AgentException {
    Optional<String> text = text(file, toml, "migration");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<PeerAddress> address = PeerAddress.parse(text.get());
    if (address.isEmpty()) {
      throw malformed(
          file,
          toml.inputPositionOf(List.of("migration")),
          "migration must be " + PeerAddress.SHAPE);
    }
    return address;
  }

  private static Optional<String> text(Path file, TomlParseResult toml, String key)
      throws AgentException {
    Object value = toml.get(List.of(key));
    if (value != null && !(value instanceof String)) {
      throw malformed(file, toml.inputPositionOf(List.of(key)), key + " must be a text in quotes");
    }
    return Optional.ofNullable((String) value);
  }

  static AgentException malformed(Path file, @Nullable TomlPosition position, String what) {
    String where =
        position == null ? "" : ", line " + position.line() + ", column " + position.column();
    return new AgentException(
        AgentException.Kind.MALFORMED, "bad-configuration", file + where + ": " + what, "");
  }

  private static AgentException unusable(Path file, IOException problem) {
    return new AgentException(
        AgentException.Kind.UNAVAILABLE,
        "file-not-usable",
        file + " cannot be used: " + problem.getMessage(),
        "");
  }
}
