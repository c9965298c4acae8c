package org.shieldwall.disk.uefi;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Debian's OVMF images; a test that needs them is skipped where they are not installed. */
final class Ovmf {
  static final Path CODE = Path.of("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd");

  private Ovmf() {}

  /** The empty variable store. */
  static byte[] empty() throws IOException {
    return read("OVMF_VARS_4M.fd");
  }

  /**
   * A store that firmware has used: Microsoft's and a distribution's keys, deleted variables left
   * behind.
   */
  static byte[] withVendorKeys() throws IOException {
    return read("OVMF_VARS_4M.ms.fd");
  }

  private static byte[] read(String name) throws IOException {
    Path path = Path.of("/usr/share/OVMF", name);
    assumeTrue(Files.isReadable(path), path + " is missing: apt-get install ovmf");
    return Files.readAllBytes(path);
  }
}
