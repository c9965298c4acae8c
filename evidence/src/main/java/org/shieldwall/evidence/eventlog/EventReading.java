package org.shieldwall.evidence.eventlog;

import java.util.List;
import org.shieldwall.tpm.Bytes;

/**
 * What one event can be taken to say, given that its type and data are claims and only its digest
 * can be proven.
 */
public sealed interface EventReading {
  /** EV_NO_ACTION: extends nothing and proves nothing. */
  record NoAction() implements EventReading {}

  /**
   * End of the pre-OS phase, by its digest.
   *
   * @param meaning what it says
   */
  record Separator(Meaning meaning) implements EventReading {
    /** The separators known (PFP section 3.3.3.2; WBCL is Windows' own). */
    public enum Meaning {
      /** Zero: all is well. */
      NORMAL,
      /** Firmware says that something went wrong while measuring. */
      ERROR,
      /** Windows closes PCRs 12 to 14. */
      WBCL
    }
  }

  /** A UEFI variable, name and value, by its digest. */
  record Variable(EfiVariable variable) implements EventReading {}

  /**
   * A UEFI variable's value only: older firmware leaves the name out of the digest, so that it is a
   * claim.
   */
  record VariableValue(EfiVariable claimed) implements EventReading {}

  /**
   * A text, by its digest.
   *
   * @param origin who measures such texts
   * @param text the text
   */
  record Text(Origin origin, String text) implements EventReading {
    /** What kind of text. */
    public enum Origin {
      /** EV_EFI_ACTION or EV_ACTION. */
      ACTION,
      /** What the kernel was told, as the boot loader measured it. */
      KERNEL_COMMAND_LINE,
      /** One command of GRUB's. */
      GRUB_COMMAND,
      /** The name of a section of a unified kernel image, measured before the section itself. */
      SECTION_NAME,
      /** Any other text of a boot loader. */
      OTHER
    }
  }

  /** Data that hashes to the digest and is not looked into further. */
  record Data(Bytes data) implements EventReading {}

  /** Tagged events of Windows, by their digest. */
  record Tagged(List<TaggedEvent> events) implements EventReading {
    /** Keeps its own copy of the list. */
    public Tagged {
      events = List.copyOf(events);
    }
  }

  /**
   * A digest of something that the log does not hold: a program, a file, a piece of firmware.
   *
   * @param thing what the type claims it is
   * @param claimedName what the data claims it is called; may be empty
   */
  record DigestOnly(Thing thing, String claimedName) implements EventReading {
    /** What the measured thing is said to be. */
    public enum Thing {
      /** A UEFI application: Authenticode hash. */
      APPLICATION,
      /** A UEFI driver: Authenticode hash. */
      DRIVER,
      /** Firmware, microcode, tables or settings. */
      FIRMWARE,
      /** A file that a boot loader read. */
      FILE,
      /** The initial RAM disk, as the kernel's EFI stub loaded it. */
      INITRD,
      /** The command line, as the kernel's EFI stub was given it. */
      LOAD_OPTIONS
    }
  }

  /**
   * Data that has to hash to the digest and does not, or that is not what its type asks for.
   *
   * @param code what is wrong
   * @param offset where in the log
   * @param why in words
   */
  record Unconfirmed(LogProblem.Code code, long offset, String why) implements EventReading {}

  /** A type that is not known: nothing can be said. */
  record UnknownType() implements EventReading {}
}
