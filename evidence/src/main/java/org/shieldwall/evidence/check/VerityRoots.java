package org.shieldwall.evidence.check;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.tpm.Bytes;

/** Root hashes of dm-verity on a command line ({@code systemd-veritysetup-generator(8)}). */
final class VerityRoots {
  static final String ROOT = "roothash";
  static final String USR = "usrhash";
  private static final Set<String> SWITCHES = Set.of("systemd.verity", "rd.systemd.verity");

  /** These have it go on over what is corrupt. */
  private static final List<String> OPTIONS =
      List.of("systemd.verity_root_options", "systemd.verity_usr_options");

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

  static boolean isSwitchedOff(KernelArguments line) {
    return SWITCHES.stream().anyMatch(each -> line.mentions(each) && !line.isOn(each))
        || OPTIONS.stream()
            .flatMap(each -> line.all(each).stream())
            .anyMatch(each -> each.value().contains("ignore"));
  }
}
