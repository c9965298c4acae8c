package org.shieldwall.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.protocol.AttestationMode;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/**
 * The section {@code [attestation]} of {@code host.toml}; absent, the host attests by its TPM.
 *
 * @param file for messages
 * @param toml the whole file
 */
record AttestationSection(Path file, TomlParseResult toml) {
  private static final String SECTION = "attestation";
  private static final String IN_TPM = "tpm";

  static String toml(AttestationSetting setting) {
    return switch (setting) {
      case AttestationSetting.Tpm _ -> lines(setting);
      case AttestationSetting.HostKey key ->
          lines(
              setting, "key = " + HostConfig.quoted(key.file().map(Path::toString).orElse(IN_TPM)));
      case AttestationSetting.Directory directory ->
          lines(
              setting,
              "keytab = " + HostConfig.quoted(directory.keytab().toString()),
              "account = " + HostConfig.quoted(directory.account()),
              "service = " + HostConfig.quoted(directory.service()),
              "krb5-conf = " + HostConfig.quoted(directory.kerberos().toString()));
    };
  }

  private static String lines(AttestationSetting setting, String... settings) {
    return "[attestation]\nmode = "
        + HostConfig.quoted(setting.mode().id())
        + "\n"
        + String.join("", List.of(settings).stream().map(line -> line + "\n").toList());
  }

  AttestationSetting read(Path directory) throws AgentException {
    Object section = toml.get(List.of(SECTION));
    if (section == null) {
      return new AttestationSetting.Tpm();
    }
    if (!(section instanceof TomlTable table)) {
      throw malformed("", "'attestation' is a section: write [attestation]");
    }
    String id = text("mode").orElseThrow(() -> malformed("", "[attestation] lacks 'mode'"));
    AttestationMode mode =
        AttestationMode.ofId(id)
            .orElseThrow(() -> malformed("mode", "mode is tpm, host-key or directory"));
    return switch (mode) {
      case TPM -> {
        known(table, Set.of("mode"));
        yield new AttestationSetting.Tpm();
      }
      case HOST_KEY -> {
        known(table, Set.of("mode", "key"));
        String key = required("key");
        yield new AttestationSetting.HostKey(
            key.equals(IN_TPM) ? Optional.empty() : Optional.of(directory.resolve(key)));
      }
      case DIRECTORY -> {
        known(table, Set.of("mode", "keytab", "account", "service", "krb5-conf"));
        yield new AttestationSetting.Directory(
            directory.resolve(
                text("keytab").map(Path::of).orElse(AttestationSetting.Directory.USUAL_KEYTAB)),
            required("account"),
            required("service"),
            directory.resolve(
                text("krb5-conf")
                    .map(Path::of)
                    .orElse(AttestationSetting.Directory.USUAL_KERBEROS)));
      }
    };
  }

  private void known(TomlTable table, Set<String> keys) throws AgentException {
    for (String key : table.keySet()) {
      if (!keys.contains(key)) {
        throw malformed(
            key,
            "unknown key \""
                + key
                + "\" in this mode; known are "
                + String.join(", ", new TreeSet<>(keys)));
      }
    }
  }

  private String required(String key) throws AgentException {
    return text(key).orElseThrow(() -> malformed("", "[attestation] lacks '" + key + "'"));
  }

  private Optional<String> text(String key) throws AgentException {
    Object value = toml.get(List.of(SECTION, key));
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text && !text.isBlank()) {
      return Optional.of(text);
    }
    throw malformed(key, key + " must be a text in quotes");
  }

  private AgentException malformed(String key, String what) {
    List<String> path = key.isEmpty() ? List.of(SECTION) : List.of(SECTION, key);
    return HostConfig.malformed(file, toml.inputPositionOf(path), what);
  }
}
