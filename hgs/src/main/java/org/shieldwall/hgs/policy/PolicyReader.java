package org.shieldwall.hgs.policy;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckSettings;
import org.shieldwall.evidence.CodeIntegrityRules;
import org.shieldwall.evidence.ImaPolicy;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.LockdownMode;
import org.shieldwall.evidence.Revocations;
import org.shieldwall.evidence.SignedPath;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;

/**
 * Reads policy documents (docs/policy.md). A key that is not known, a value of the wrong kind, a
 * section that does not say whether its check is made: each is refused with its line and column.
 */
public final class PolicyReader {
  /** The longest document. */
  public static final int MAX_BYTES = 1 << 20;

  private static final String ENABLED = "enabled";

  /** What a check's section may hold beside {@code enabled}. */
  private static final Map<Check, Set<String>> PARAMETERS =
      Map.of(
          Check.BOOT_BASELINE, Set.of("any-of"),
          Check.SECURE_BOOT_SETTINGS, Set.of("any-of"),
          Check.KERNEL_LOCKDOWN, Set.of("mode"),
          Check.CODE_INTEGRITY,
              Set.of(
                  "allow",
                  "signers",
                  "exclude",
                  "refuse-violations",
                  "require-boot-aggregate",
                  "verity-roots"),
          Check.NO_DUMPS_OR_ENCRYPTED, Set.of("keys"),
          Check.PTRACE_RESTRICTED, Set.of("scope"),
          Check.DBX_AT_LEAST, Set.of("file"),
          Check.IMAGE_MANIFEST, Set.of("files", "signer"));

  private final String source;
  private final String text;
  private final PolicyFiles files;
  private final SortedMap<String, Bytes> used = new TreeMap<>();
  private final TomlSection root;

  private PolicyReader(String source, String text, PolicyFiles files) throws HgsException {
    this.source = source;
    this.text = text;
    this.files = files;
    TomlParseResult toml = Toml.parse(text);
    if (toml.hasErrors()) {
      var first = toml.errors().getFirst();
      throw TomlSection.refused(source, first.position(), String.valueOf(first.getMessage()));
    }
    this.root = TomlSection.root(source, toml);
  }

  /**
   * Reads a document.
   *
   * @param source what to call it in refusals
   * @param files where the files are that it names
   */
  public static PolicyDocument read(String source, String text, PolicyFiles files)
      throws HgsException {
    return new PolicyReader(source, text, files).document();
  }

  private PolicyDocument document() throws HgsException {
    root.allow(Set.of("name", "version", "description", "checks"));
    String name = root.text("name");
    if (!BaselineDocument.isName(name)) {
      throw root.refuse(
          "name", "a name has letters, digits, dots, dashes and underscores, 63 at most");
    }
    int version = root.number("version", 1, Integer.MAX_VALUE);
    if (root.has("description")) {
      root.text("description");
    }
    Set<Check> on = EnumSet.copyOf(Check.defaults());
    TomlSection checks = root.section("checks");
    for (String label : checks.names()) {
      Check check = known(checks, label);
      TomlSection section = checks.section(label);
      section.allow(
          Stream.concat(Stream.of(ENABLED), parameters(check).stream())
              .collect(Collectors.toSet()));
      if (section.flag(ENABLED)) {
        on.add(check);
      } else {
        on.remove(check);
      }
    }
    return new PolicyDocument(
        name,
        version,
        on,
        settings(checks),
        names(checks, Check.BOOT_BASELINE),
        names(checks, Check.SECURE_BOOT_SETTINGS),
        text,
        used);
  }

  private static Set<String> parameters(Check check) {
    return PARAMETERS.getOrDefault(check, Set.of());
  }

  private static Check known(TomlSection checks, String label) throws HgsException {
    Optional<Check> check = Check.ofLabel(label);
    if (check.isEmpty()) {
      throw checks.refuse(
          label,
          "unknown check '"
              + label
              + "'; known: "
              + Stream.of(Check.values())
                  .filter(Check::canBeSwitched)
                  .map(Check::label)
                  .collect(Collectors.joining(", ")));
    }
    if (!check.get().canBeSwitched()) {
      throw checks.refuse(
          label, "'" + label + "' is always checked: " + lowerFirst(check.get().defaultReason()));
    }
    return check.get();
  }

  private static String lowerFirst(String sentence) {
    return sentence.substring(0, 1).toLowerCase(Locale.ROOT) + sentence.substring(1);
  }

  private static Optional<List<String>> names(TomlSection checks, Check check) throws HgsException {
    TomlSection section = checks.section(check.label());
    if (!section.has("any-of")) {
      return Optional.empty();
    }
    List<String> names = section.texts("any-of");
    if (names.isEmpty()) {
      throw section.refuse("any-of", "'any-of' names at least one baseline");
    }
    return Optional.of(names);
  }

  private CheckSettings settings(TomlSection checks) throws HgsException {
    TomlSection ptrace = checks.section(Check.PTRACE_RESTRICTED.label());
    return new CheckSettings(
        List.of(),
        List.of(),
        lockdown(checks.section(Check.KERNEL_LOCKDOWN.label())),
        codeIntegrity(checks.section(Check.CODE_INTEGRITY.label())),
        digests(checks.section(Check.NO_DUMPS_OR_ENCRYPTED.label()), "keys"),
        ptrace.has("scope")
            ? ptrace.number("scope", 1, CheckSettings.STRICTEST_PTRACE_SCOPE)
            : CheckSettings.STRICTEST_PTRACE_SCOPE,
        revocations(checks.section(Check.DBX_AT_LEAST.label())),
        manifests(checks.section(Check.IMAGE_MANIFEST.label())));
  }

  private List<ImageManifest> manifests(TomlSection section) throws HgsException {
    List<ImageManifest> manifests = new ArrayList<>();
    if (!section.has("files")) {
      return manifests;
    }
    if (!(key(section, "signer") instanceof ECPublicKey signer)
        || !ImageManifestDocument.isOnP384(signer)) {
      throw section.refuse("signer", "manifests are signed with a key on P-384");
    }
    for (String path : section.texts("files")) {
      try {
        manifests.add(ImageManifestDocument.verified(file(section, "files", path), signer));
      } catch (ProtectorException e) {
        throw section.refuse(
            "files", "the file " + path + " is no manifest of this signer: " + e.getMessage());
      }
    }
    return manifests;
  }

  private PublicKey key(TomlSection section, String key) throws HgsException {
    String path = section.text(key);
    try {
      return PublicKeyFile.parse(file(section, key, path));
    } catch (GeneralSecurityException e) {
      throw section.refuse(key, "the file " + path + " holds no certificate or public key, PEM");
    }
  }

  private List<SignedPath> signers(TomlSection section) throws HgsException {
    List<SignedPath> signers = new ArrayList<>();
    TomlSection paths = section.section("signers");
    for (String prefix : paths.names()) {
      if (!prefix.startsWith("/")) {
        throw paths.refuse(prefix, "a path begins with /");
      }
      signers.add(new SignedPath(prefix, key(paths, prefix), paths.text(prefix)));
    }
    return signers;
  }

  private static List<String> excluded(TomlSection section) throws HgsException {
    List<String> paths = section.has("exclude") ? section.texts("exclude") : List.of();
    if (paths.contains("/")) {
      throw section.refuse("exclude", "an exclusion of / would exclude everything");
    }
    return paths;
  }

  private static LockdownMode lockdown(TomlSection section) throws HgsException {
    if (!section.has("mode")) {
      return LockdownMode.CONFIDENTIALITY;
    }
    Optional<LockdownMode> mode = LockdownMode.ofLabel(section.text("mode"));
    if (mode.isEmpty()) {
      throw section.refuse("mode", "'mode' is \"integrity\" or \"confidentiality\"");
    }
    return mode.get();
  }

  private CodeIntegrityRules codeIntegrity(TomlSection section) throws HgsException {
    Optional<ImaPolicy> ima = Optional.empty();
    if (section.has("allow") || section.has("signers")) {
      ima =
          Optional.of(
              new ImaPolicy(
                  section.has("allow") ? digestFile(section, "allow") : Set.of(),
                  signers(section),
                  excluded(section),
                  !section.has("refuse-violations") || section.flag("refuse-violations"),
                  !section.has("require-boot-aggregate")
                      || section.flag("require-boot-aggregate")));
    }
    return new CodeIntegrityRules(ima, digests(section, "verity-roots"));
  }

  private Set<Bytes> digestFile(TomlSection section, String key) throws HgsException {
    String path = section.text(key);
    try {
      return DigestList.parse(file(section, key, path));
    } catch (DigestList.BadLineException e) {
      throw section.refuse(key, "in the file " + path + ", " + e.getMessage());
    }
  }

  private Bytes file(TomlSection section, String key, String path) throws HgsException {
    try {
      Bytes content =
          files.read(path).orElseThrow(() -> section.refuse(key, "there is no file " + path));
      used.put(path, content);
      return content;
    } catch (java.io.IOException e) {
      throw section.refuse(key, "the file " + path + " cannot be read: " + e.getMessage());
    }
  }

  private static Set<Bytes> digests(TomlSection section, String key) throws HgsException {
    Set<Bytes> digests = new HashSet<>();
    if (section.has(key)) {
      for (String each : section.texts(key)) {
        if (!DigestList.isDigest(each)) {
          throw section.refuse(key, "'" + key + "' lists sha256:HEX, in lower case");
        }
        digests.add(DigestList.digest(each));
      }
    }
    return digests;
  }

  private Revocations revocations(TomlSection section) throws HgsException {
    if (!section.has("file")) {
      return Revocations.NONE;
    }
    String path = section.text("file");
    try {
      return Revocations.parse(file(section, "file", path).toArray());
    } catch (MalformedException e) {
      throw section.refuse("file", "the file " + path + " is no update of dbx: " + e.getMessage());
    }
  }

  @Override
  public String toString() {
    return "PolicyReader[" + source + "]";
  }
}
