package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.tpm.Bytes;

/** Root hashes of dm-verity on a command line ({@code systemd-veritysetup-generator(8)}). */
final class VerityRoots {
  static final String ROOT = "roothash";
  static final String USR = "usrhash";
  private static final Set<String> SWITCHES = Set.of("systemd.verity", "rd.systemd.verity");

  /** These have it go on over what is corrupt, or look at a block the first time only. */
  private static final Set<String> OPTIONS =
      Set.of("systemd.verity_root_options", "systemd.verity_usr_options");

  private static final List<String> WEAKENING = List.of("ignore", "check-at-most-once");

  /** These put something over the verified file system, or mount something into it. */
  private static final Set<String> OVER_IT =
      Set.of(
          "overlayroot",
          "rd.overlay",
          "rd.live.overlay",
          "rd.live.overlay.overlayfs",
          "systemd.mount_extra",
          "rd.systemd.mount_extra",
          "systemd.set_credential",
          "systemd.set_credential_binary");

  private VerityRoots() {}

  /** {@return every root hash on a line} */
  static List<Bytes> of(KernelArguments line) {
    return Stream.of(ROOT, USR).flatMap(each -> of(line, each).stream()).distinct().toList();
  }

  static List<Bytes> of(KernelArguments line, String parameter) {
    return line.has(parameter)
        ? line.all(parameter).stream()
            .map(each -> each.value().toLowerCase(Locale.ROOT))
            .map(each -> each.matches("([0-9a-f]{2}){20,64}") ? Bytes.ofHex(each) : Bytes.EMPTY)
            .distinct()
            .toList()
        : List.of();
  }

  /** {@return a word that switches dm-verity off, weakens it or passes it by} */
  static Optional<KernelArguments.Word> around(KernelArguments line) {
    return line.words().stream().filter(each -> isAround(line, each)).findFirst();
  }

  private static boolean isAround(KernelArguments line, KernelArguments.Word word) {
    String name = word.name();
    return OVER_IT.contains(name)
        || (name.equals("root") && line.mentions(ROOT) && !word.value().equals("/dev/mapper/root"))
        || (name.equals("mount.usr") && !isVerifiedUsr(line, word))
        || (SWITCHES.contains(name) && !line.isOn(name))
        || (OPTIONS.contains(name) && WEAKENING.stream().anyMatch(word.value()::contains));
  }

  /**
   * Without a word, what has a hash is mounted; with one, that ({@code systemd-fstab-generator}).
   */
  private static boolean isVerifiedUsr(KernelArguments line, KernelArguments.Word word) {
    return line.has(USR) && word.value().equals("/dev/mapper/usr");
  }
}
