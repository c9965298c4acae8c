package org.shieldwall.evidence;

import java.util.List;
import java.util.Set;
import org.shieldwall.tpm.Bytes;

/**
 * What the maker of an operating system image says of it. Whoever hands it to the verifier has
 * verified the maker's signature.
 *
 * @param name what administrators call it, with its version
 * @param bootApplications digests, in the policy's bank, of everything measured into PCR 4 when it
 *     boots, in order: the unified kernel image, then the kernel in it
 * @param commandLines what is measured of the command line into PCRs 8 and 12 when it boots; none
 *     where it is part of the image alone
 * @param embeddedCommandLine the command line inside the image; empty for none
 * @param verityRoots root hashes of its file systems
 * @param guarantees the checks that its maker answers for
 * @param dumpKeys digests of the keys that its dumps are encrypted to; none if it makes none
 */
public record ImageManifest(
    String name,
    List<Bytes> bootApplications,
    List<String> commandLines,
    String embeddedCommandLine,
    Set<Bytes> verityRoots,
    Set<Check> guarantees,
    Set<Bytes> dumpKeys) {
  /** Keeps its own copies, and refuses a manifest of no image and one that promises too much. */
  public ImageManifest {
    bootApplications = List.copyOf(bootApplications);
    commandLines = List.copyOf(commandLines);
    verityRoots = Set.copyOf(verityRoots);
    guarantees = Set.copyOf(guarantees);
    dumpKeys = Set.copyOf(dumpKeys);
    if (name.isBlank() || bootApplications.isEmpty()) {
      throw new IllegalArgumentException("an image manifest needs a name and an image");
    }
    for (Check each : guarantees) {
      if (!each.canBeGuaranteed()) {
        throw new IllegalArgumentException("no manifest can answer for " + each.label());
      }
    }
  }
}
