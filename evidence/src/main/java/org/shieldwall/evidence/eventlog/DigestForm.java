package org.shieldwall.evidence.eventlog;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/**
 * Which part of an event's data is under its digest. The specification says all of it; what
 * firmware and boot loaders really do is listed here, form by form, so that each is looked for only
 * where it occurs. Whatever the form, only the part under the digest is read.
 */
enum DigestForm {
  /** All of the data, as the specification asks. */
  WHOLE {
    @Override
    Optional<Bytes> covered(Bytes data) {
      return Optional.of(data);
    }
  },

  /** shim up to version 15.4 logs one byte too many with an authority. */
  WITHOUT_LAST_BYTE {
    @Override
    Optional<Bytes> covered(Bytes data) {
      return data.isEmpty() ? Optional.empty() : Optional.of(data.slice(0, data.length() - 1));
    }
  },

  /** systemd-boot up to version 250 logs a command line without the last byte of its terminator. */
  WITH_LAST_ZERO {
    @Override
    Optional<Bytes> covered(Bytes data) {
      return data.isEmpty() ? Optional.empty() : Optional.of(Bytes.concat(data, Bytes.zeros(1)));
    }
  },

  /** GRUB measures a command and logs it with a prefix and a terminator. */
  AFTER_GRUB_COMMAND {
    @Override
    Optional<Bytes> covered(Bytes data) {
      return after(data, "grub_cmd: ", 1);
    }
  },

  /** Red Hat's GRUB 2.02 measures a command with its terminator. */
  AFTER_GRUB_COMMAND_WITH_TERMINATOR {
    @Override
    Optional<Bytes> covered(Bytes data) {
      return after(data, "grub_cmd ", 0);
    }
  },

  /** GRUB measures the kernel's command line and logs it with a prefix and a terminator. */
  AFTER_GRUB_COMMAND_LINE {
    @Override
    Optional<Bytes> covered(Bytes data) {
      return after(data, "kernel_cmdline: ", 1).or(() -> after(data, "grub_kernel_cmdline ", 1));
    }
  },

  /** systemd's stub measures a section's name in ASCII and logs it in UTF-16. */
  ASCII_OF_UTF16 {
    @Override
    Optional<Bytes> covered(Bytes data) {
      return Texts.looksLikeUtf16(data)
          ? Texts.utf16(data)
              .map(text -> Bytes.of((text + "\0").getBytes(StandardCharsets.US_ASCII)))
          : Optional.empty();
    }
  };

  /** {@return the part of {@code data} that this form puts under the digest, if it has one} */
  abstract Optional<Bytes> covered(Bytes data);

  /**
   * {@return what follows the prefix, without the last {@code cut} bytes; the last byte is zero}
   */
  private static Optional<Bytes> after(Bytes data, String prefix, int cut) {
    byte[] start = prefix.getBytes(StandardCharsets.US_ASCII);
    int end = data.length();
    if (end < start.length + 1 || data.at(end - 1) != 0) {
      return Optional.empty();
    }
    for (int i = 0; i < start.length; i++) {
      if (data.at(i) != (start[i] & 0xFF)) {
        return Optional.empty();
      }
    }
    return Optional.of(data.slice(start.length, end - cut));
  }
}
