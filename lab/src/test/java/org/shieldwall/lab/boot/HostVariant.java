package org.shieldwall.lab.boot;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

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
  /** As it should be, after an update of the firmware. */
  NEW_FIRMWARE("standard", Machine.RACK2, Firmware.UPDATED),
  /** Lockdown in its weaker mode: root may read the kernel's memory. */
  LOCKDOWN_INTEGRITY("integrity", Machine.RACK2, Firmware.UPDATED),
  /** With the kernel's debugger on a serial port. */
  KERNEL_DEBUGGER("debug", Machine.RACK1),
  /** With a place to resume a hibernated system from. */
  HIBERNATION("resume", Machine.RACK1),
  /** Without the parameter that refuses modules that are not signed. */
  ANY_MODULE("anymodule", Machine.RACK1),
  /** Neither locked down nor refusing such modules. */
  OPEN("open", Machine.RACK1),
  /** Devices may write where they like. */
  NO_IOMMU("noiommu", Machine.RACK1),
  /** With memory set aside for a kernel that dumps this one's. */
  DUMPS("dumps", Machine.RACK1),
  /** With the root hash of a file system on its command line. */
  VERITY("verity", Machine.RACK1),
  /** IMA lets nothing run that is not signed, and nobody traces a process. */
  HARDENED("hardened", Machine.RACK1),
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

  /**
   * What a machine's flash memories hold: builds of Debian's package, and with the update more
   * forbidden signatures, and an option ROM in a card.
   */
  enum Firmware {
    DELIVERED("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.fd"),
    UPDATED("OVMF_CODE.secboot.fd", "OVMF_VARS.fd");

    private static final Path PACKAGE = Path.of("/usr/share/OVMF");

    private final String code;
    private final String variables;

    Firmware(String code, String variables) {
      this.code = code;
      this.variables = variables;
    }

    Path code() {
      return PACKAGE.resolve(code);
    }

    /** {@return an empty store of variables} */
    Path variables() {
      return PACKAGE.resolve(variables);
    }

    /** {@return the card with an option ROM, if there is one, as QEMU is told} */
    Optional<String> card() {
      return switch (this) {
        case DELIVERED -> Optional.empty();
        case UPDATED -> Optional.of("virtio-net-pci,romfile=efi-virtio.rom");
      };
    }

    /** {@return digests of images that it forbids} */
    List<Bytes> forbidden() {
      List<Bytes> delivered = List.of(TpmHash.SHA256.hash(Bytes.EMPTY));
      return switch (this) {
        case DELIVERED -> delivered;
        case UPDATED -> Stream.concat(delivered.stream(), Stream.of(REVOKED)).toList();
      };
    }
  }

  /** An image that the firmware's update forbids. */
  static final Bytes REVOKED = TpmHash.SHA256.hash(Bytes.ofText("a boot loader with a hole"));

  private final String image;
  private final Machine machine;
  private final Firmware firmware;

  HostVariant(String image, Machine machine) {
    this(image, machine, Firmware.DELIVERED);
  }

  HostVariant(String image, Machine machine, Firmware firmware) {
    this.image = image;
    this.machine = machine;
    this.firmware = firmware;
  }

  /** {@return how this machine boots this image, and nothing but this image} */
  static HostVariant of(String machine, String image, Firmware firmware, boolean secureBoot) {
    return Arrays.stream(values())
        .filter(each -> each.machine().label().equals(machine))
        .filter(each -> (each.image() + ".efi").equals(image))
        .filter(each -> each.firmware() == firmware)
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

  Firmware firmware() {
    return firmware;
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
