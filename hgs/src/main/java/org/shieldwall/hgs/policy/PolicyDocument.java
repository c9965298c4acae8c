package org.shieldwall.hgs.policy;

import java.security.MessageDigest;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CheckSettings;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * A policy as its document states it (docs/policy.md): complete but for the baselines, which the
 * register has.
 *
 * @param name its name
 * @param version its version
 * @param on the checks that are made
 * @param settings what they compare with, without baselines
 * @param baselines names of the baselines that a boot may be; nothing: every one that is registered
 * @param keyBaselines names of the baselines whose Secure Boot keys will do; nothing: those of the
 *     boot
 * @param text the document
 * @param files what it names, by the path it names it by
 */
public record PolicyDocument(
    String name,
    int version,
    Set<Check> on,
    CheckSettings settings,
    Optional<List<String>> baselines,
    Optional<List<String>> keyBaselines,
    String text,
    SortedMap<String, Bytes> files) {
  /** Keeps its own copies. */
  public PolicyDocument {
    on = Set.copyOf(on);
    baselines = baselines.map(List::copyOf);
    keyBaselines = keyBaselines.map(List::copyOf);
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  /** {@return SHA-256 over the document and its files, hexadecimal}: equal only for equal ones. */
  public String digest() {
    MessageDigest sha256 = TpmHash.SHA256.digest();
    update(sha256, Bytes.ofText(text));
    files.forEach((path, content) -> {
      update(sha256, Bytes.ofText(path));
      update(sha256, content);
    });
    return Bytes.of(sha256.digest()).hex();
  }

  private static void update(MessageDigest digest, Bytes part) {
    digest.update(new ByteWriter().u32(part.length()).toByteArray());
    part.updateInto(digest);
  }

  /** {@return the policy, with what is registered now} */
  AttestationPolicy policy(AcceptedBaselines registered) {
    List<BootBaseline> boots = registered.named(baselines);
    CheckSettings complete =
        new CheckSettings(
            boots,
            keyBaselines.isPresent() ? registered.named(keyBaselines) : List.of(),
            settings.lockdown(),
            settings.codeIntegrity(),
            settings.dumpKeys(),
            settings.ptraceScope(),
            settings.revocations(),
            settings.manifests());
    return new AttestationPolicy(name, version, TpmHash.SHA256, false, on, complete);
  }

  /** {@return the baselines that it names and that are not registered} */
  public List<String> missing(Map<String, ?> registered) {
    return java.util.stream.Stream.concat(
            baselines.orElse(List.of()).stream(), keyBaselines.orElse(List.of()).stream())
        .distinct()
        .filter(each -> !registered.containsKey(each))
        .toList();
  }

  @Override
  public String toString() {
    return "PolicyDocument[" + name + " " + version + "]";
  }
}
