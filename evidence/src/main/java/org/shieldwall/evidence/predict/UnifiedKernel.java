package org.shieldwall.evidence.predict;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * A unified kernel image of systemd's stub 252 with its command line inside.
 *
 * @param image the whole
 * @param commandLine the command line, without its terminator
 * @param release the kernel's release, e.g. {@code 6.1.0-18-cloud-amd64}
 */
public record UnifiedKernel(UefiImage image, String commandLine, String release) {
  /** The order in which the stub measures sections ({@code src/fundamental/tpm-pcr.h}). */
  static final List<String> MEASURED =
      List.of(".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey");

  private static final Pattern STUB = Pattern.compile("LoaderInfo: systemd-stub (\\d+)");
  private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+).*", Pattern.DOTALL);
  private static final String UKI = "unified kernel image";

  /**
   * Reads an image, and refuses one whose boot nobody can predict: of another stub, which measures
   * in another order; without a command line, which then comes from elsewhere; of a kernel before
   * 6.1, which does not measure its command line itself.
   */
  public static UnifiedKernel parse(byte[] file) throws MalformedException {
    UefiImage image = UefiImage.parse(file);
    String magic = text(image, ".sdmagic").orElse("");
    Matcher stub = STUB.matcher(magic);
    String version = stub.find() ? stub.group(1) : "";
    if (!version.equals("252")) {
      throw new MalformedException(
          UKI, 0, "systemd-stub 252", version.isEmpty() ? "none" : "systemd-stub " + version);
    }
    for (String needed : List.of(".linux", ".initrd", ".cmdline", ".uname")) {
      if (image.section(needed).isEmpty()) {
        throw new MalformedException(UKI, 0, "a section " + needed, "none");
      }
    }
    if (image.section(".pcrsig").isPresent() || image.section(".pcrpkey").isPresent()) {
      // They are handed on in a further initial RAM disk.
      throw new MalformedException(UKI, 0, "no sections .pcrsig and .pcrpkey", "one of them");
    }
    String release = text(image, ".uname").orElse("");
    Matcher numbers = RELEASE.matcher(release);
    if (!numbers.matches() || !measures(numbers)) {
      throw new MalformedException(UKI, 0, "a kernel of 6.1 or later", '"' + release + '"');
    }
    return new UnifiedKernel(image, text(image, ".cmdline").orElse(""), release);
  }

  private static boolean measures(Matcher release) {
    // Three digits are enough for any part of a release.
    if (release.group(1).length() > 3 || release.group(2).length() > 3) {
      return false;
    }
    int major = Integer.parseInt(release.group(1));
    return major > 6 || (major == 6 && Integer.parseInt(release.group(2)) >= 1);
  }

  /** Up to the first zero, as the stub reads it. */
  private static Optional<String> text(UefiImage image, String section) {
    return image
        .section(section)
        .map(each -> new String(each.toArray(), StandardCharsets.UTF_8))
        .map(each -> each.indexOf(0) < 0 ? each : each.substring(0, each.indexOf(0)));
  }

  /** {@return a section that has to be there} */
  Bytes section(String name) {
    return image.section(name).orElseThrow();
  }
}
