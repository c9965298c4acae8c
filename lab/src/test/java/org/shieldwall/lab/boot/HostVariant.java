package org.shieldwall.lab.boot;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** One way to boot a measured host; guest/build-hosts makes the images. */
enum HostVariant {
  /** As it should be. */
  STANDARD("standard", Machine.RACK1),
  /** After an update: another initrd and release in the signed image, the same command line. */
  UPDATED("updated", Machine.RACK1),
  /** As it should be, on another machine. */
  NEIGHBOUR("standard", Machine.RACK2),
  /** One more word on the command line, which is harmless but nobody's baseline. */
  OTHER_COMMAND_LINE("audit", Machine.RACK1),
  /** Lockdown in its weaker mode: root may read the kernel's memory. */
  LOCKDOWN_INTEGRITY("integrity", Machine.RACK2),
  /** With the kernel's debugger on a serial port. */
  KERNEL_DEBUGGER("debug", Machine.RACK1),
  /** With a place to resume a hibernated system from. */
  HIBERNATION("resume", Machine.RACK1),
  /** Without the parameter that refuses modules that are not signed. */
  ANY_MODULE("anymodule", Machine.RACK1),
  /** The standard image, with Secure Boot switched off in the firmware and its keys left in. */
  SECURE_BOOT_OFF("standard", Machine.RACK3),
  /** A program of somebody else's is run. */
  STRANGE_PROGRAM("standard", Machine.RACK1),
  /** A kernel module is loaded that is the distribution's, but not in the image. */
  STRANGE_MODULE("standard", Machine.RACK1);

  /** A machine: a TPM with keys and certificates of its own. */
  enum Machine {
    RACK1,
    RACK2,
    RACK3;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final String image;
  private final Machine machine;

  HostVariant(String image, Machine machine) {
    this.image = image;
    this.machine = machine;
  }

  /** {@return how this machine boots this image, and nothing but this image} */
  static HostVariant of(String machine, String image, boolean secureBoot) {
    return Arrays.stream(values())
        .filter(each -> each.machine().label().equals(machine))
        .filter(each -> (each.image() + ".efi").equals(image))
        .filter(each -> each.secureBoot() == secureBoot && each.payload().isEmpty())
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(machine + " never boots " + image));
  }

  /** {@return its name as a folder} */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return the signed kernel image, without its ending} */
  String image() {
    return image;
  }

  Machine machine() {
    return machine;
  }

  boolean secureBoot() {
    return this != SECURE_BOOT_OFF;
  }

  /** {@return the disk with what is run or loaded after the boot} */
  Optional<String> payload() {
    return switch (this) {
      case STRANGE_PROGRAM -> Optional.of("payload-program.img");
      case STRANGE_MODULE -> Optional.of("payload-module.img");
      default -> Optional.empty();
    };
  }
}
