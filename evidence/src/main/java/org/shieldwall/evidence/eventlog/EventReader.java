package org.shieldwall.evidence.eventlog;

import java.security.MessageDigest;
import java.util.Optional;
import org.shieldwall.evidence.eventlog.EventReading.DigestOnly;
import org.shieldwall.evidence.eventlog.EventReading.Separator;
import org.shieldwall.evidence.eventlog.EventReading.Text;
import org.shieldwall.evidence.eventlog.EventReading.Unconfirmed;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * Reads events of one bank. Where the specification has the data hashed, data that does not hash to
 * the digest gives {@link Unconfirmed}, whatever it says: that is what a relabelled event becomes.
 */
final class EventReader {
  private static final Bytes NORMAL = Bytes.zeros(4);
  private static final Bytes ERROR_1 = Bytes.ofHex("01000000");
  private static final Bytes ERROR_F = Bytes.ofHex("ffffffff");
  private static final Bytes WBCL = Bytes.ofText("WBCL");

  /** shim's one byte too many is what follows from its wrong sum, six bytes after the value. */
  private static final int SHIM_TAIL = 6;

  /** GRUB measures nothing but texts here. */
  private static final int GRUB_TEXTS = 8;

  private final TpmHash bank;

  /** Used again for each event. */
  private final MessageDigest hash;

  EventReader(TpmHash bank) {
    this.bank = bank;
    this.hash = bank.digest();
  }

  EventReading read(UntrustedEvent event) {
    Optional<EventType> type = EventType.of(event.type());
    if (type.isEmpty()) {
      return new EventReading.UnknownType();
    }
    return switch (type.get()) {
      case NO_ACTION -> new EventReading.NoAction();
      case SEPARATOR -> separator(event);
      case ACTION, EFI_ACTION -> action(event);
      case EFI_VARIABLE_DRIVER_CONFIG,
          EFI_VARIABLE_BOOT,
          EFI_VARIABLE_BOOT2,
          EFI_VARIABLE_AUTHORITY,
          EFI_SPDM_DEVICE_POLICY,
          EFI_SPDM_DEVICE_AUTHORITY ->
          variable(event);
      case IPL -> bootLoader(event);
      case EVENT_TAG -> tagged(event);
      // Some firmware measures something else than the version it logs: then there is none.
      case SCRTM_VERSION ->
          confirmed(event, DigestForm.WHOLE).isPresent()
              ? new EventReading.Data(event.data())
              : new DigestOnly(DigestOnly.Thing.FIRMWARE, claimedText(event.data()));
      case COMPACT_HASH, EFI_GPT_EVENT, NONHOST_INFO, EFI_HCRTM_EVENT ->
          confirmed(event, DigestForm.WHOLE).isPresent()
              ? new EventReading.Data(event.data())
              : mismatch(event);
      case EFI_BOOT_SERVICES_APPLICATION ->
          new DigestOnly(DigestOnly.Thing.APPLICATION, ImageLoad.claimedPath(event.data()));
      case EFI_BOOT_SERVICES_DRIVER, EFI_RUNTIME_SERVICES_DRIVER ->
          new DigestOnly(DigestOnly.Thing.DRIVER, ImageLoad.claimedPath(event.data()));
      case PREBOOT_CERT,
          POST_CODE,
          SCRTM_CONTENTS,
          CPU_MICROCODE,
          PLATFORM_CONFIG_FLAGS,
          TABLE_OF_DEVICES,
          NONHOST_CODE,
          NONHOST_CONFIG,
          OMIT_BOOT_DEVICE_EVENTS,
          IPL_PARTITION_DATA,
          EFI_PLATFORM_FIRMWARE_BLOB,
          EFI_PLATFORM_FIRMWARE_BLOB2,
          EFI_HANDOFF_TABLES,
          EFI_HANDOFF_TABLES2,
          EFI_GPT_EVENT2,
          EFI_SPDM_FIRMWARE_BLOB,
          EFI_SPDM_FIRMWARE_CONFIG ->
          new DigestOnly(DigestOnly.Thing.FIRMWARE, claimedText(event.data()));
    };
  }

  /** {@return the part of the data under the digest, if it hashes to it in this form} */
  private Optional<Bytes> confirmed(UntrustedEvent event, DigestForm form) {
    return form.covered(event.data()).filter(part -> isMeasured(event, part));
  }

  private boolean isMeasured(UntrustedEvent event, Bytes part) {
    Optional<Bytes> digest = event.digest(bank);
    if (digest.isEmpty()) {
      return false;
    }
    part.updateInto(hash);
    return Bytes.of(hash.digest()).equals(digest.get());
  }

  private EventReading mismatch(UntrustedEvent event) {
    return new Unconfirmed(
        LogProblem.Code.DIGEST_MISMATCH,
        event.offset(),
        event.typeName() + ": the data in the log is not what was measured");
  }

  private EventReading separator(UntrustedEvent event) {
    if (confirmed(event, DigestForm.WHOLE).isEmpty()) {
      return mismatch(event);
    }
    Bytes data = event.data();
    if (data.equals(NORMAL)) {
      return new Separator(Separator.Meaning.NORMAL);
    }
    if (data.equals(ERROR_1) || data.equals(ERROR_F)) {
      return new Separator(Separator.Meaning.ERROR);
    }
    if (data.equals(WBCL)) {
      return new Separator(Separator.Meaning.WBCL);
    }
    return malformed(event, "EV_SEPARATOR of neither zero, an error nor WBCL");
  }

  private EventReading action(UntrustedEvent event) {
    if (confirmed(event, DigestForm.WHOLE).isEmpty()) {
      return mismatch(event);
    }
    return Texts.utf8(event.data())
        .<EventReading>map(text -> new Text(Text.Origin.ACTION, text))
        .orElseGet(() -> malformed(event, event.typeName() + " whose data is no text"));
  }

  private EventReading variable(UntrustedEvent event) {
    try {
      if (confirmed(event, DigestForm.WHOLE).isPresent()) {
        return new EventReading.Variable(EfiVariable.parse(event.data(), event.dataOffset(), 0));
      }
      boolean authority = event.type() == EventType.EFI_VARIABLE_AUTHORITY.id();
      if (authority && confirmed(event, DigestForm.WITHOUT_LAST_BYTE).isPresent()) {
        return new EventReading.Variable(
            EfiVariable.parse(event.data(), event.dataOffset(), SHIM_TAIL));
      }
      EfiVariable claimed = EfiVariable.parse(event.data(), event.dataOffset(), 0);
      return isMeasured(event, claimed.value())
          ? new EventReading.VariableValue(claimed)
          : mismatch(event);
    } catch (MalformedException e) {
      return new Unconfirmed(LogProblem.Code.CONTENT_MALFORMED, e.offset(), describe(e));
    }
  }

  /** EV_IPL: texts where boot loaders measure texts, otherwise a file that is not in the log. */
  private EventReading bootLoader(UntrustedEvent event) {
    Optional<Bytes> command =
        confirmed(event, DigestForm.AFTER_GRUB_COMMAND)
            .or(() -> confirmed(event, DigestForm.AFTER_GRUB_COMMAND_WITH_TERMINATOR));
    if (command.isPresent()) {
      return text(event, Text.Origin.GRUB_COMMAND, Texts.utf8(command.get()));
    }
    Optional<Bytes> commandLine = confirmed(event, DigestForm.AFTER_GRUB_COMMAND_LINE);
    if (commandLine.isPresent()) {
      return text(event, Text.Origin.KERNEL_COMMAND_LINE, Texts.utf8(commandLine.get()));
    }
    Optional<Bytes> whole =
        confirmed(event, DigestForm.WHOLE).or(() -> confirmed(event, DigestForm.WITH_LAST_ZERO));
    if (whole.isPresent()) {
      return Texts.looksLikeUtf16(whole.get())
          ? text(event, Text.Origin.KERNEL_COMMAND_LINE, Texts.utf16(whole.get()))
          : text(event, Text.Origin.OTHER, Texts.utf8(whole.get()));
    }
    Optional<Bytes> section = confirmed(event, DigestForm.ASCII_OF_UTF16);
    if (section.isPresent()) {
      return text(event, Text.Origin.SECTION_NAME, Texts.utf8(section.get()));
    }
    return event.pcr() == GRUB_TEXTS
        ? mismatch(event)
        : new DigestOnly(DigestOnly.Thing.FILE, claimedText(event.data()));
  }

  private EventReading text(UntrustedEvent event, Text.Origin kind, Optional<String> text) {
    return text.<EventReading>map(found -> new Text(kind, found))
        .orElseGet(() -> malformed(event, event.typeName() + " whose data is no text"));
  }

  private EventReading tagged(UntrustedEvent event) {
    if (confirmed(event, DigestForm.WHOLE).isEmpty()) {
      return TaggedEvent.isLinuxStub(event.data()) ? linuxStub(event) : mismatch(event);
    }
    try {
      return new EventReading.Tagged(TaggedEvent.parse(event.data(), event.dataOffset()));
    } catch (MalformedException e) {
      return new Unconfirmed(LogProblem.Code.TAGGED_EVENT_MALFORMED, e.offset(), describe(e));
    }
  }

  /** Linux' EFI stub measures initial RAM disk and command line, and logs only what they are. */
  private EventReading linuxStub(UntrustedEvent event) {
    ByteReader in = ByteReader.littleEndian(event.data().toArray(), "TCG_PCClientTaggedEvent");
    try {
      long id = in.u32("taggedEventID");
      Bytes name = Bytes.of(in.bytes(in.u32("taggedEventDataSize"), "taggedEventData"));
      return new DigestOnly(
          id == TaggedEvent.LINUX_INITRD ? DigestOnly.Thing.INITRD : DigestOnly.Thing.LOAD_OPTIONS,
          claimedText(name));
    } catch (MalformedException e) {
      return new Unconfirmed(
          LogProblem.Code.TAGGED_EVENT_MALFORMED, event.dataOffset() + e.offset(), describe(e));
    }
  }

  private static String describe(MalformedException e) {
    return e.structure() + ": expected " + e.expected() + ", found " + e.found();
  }

  private static EventReading malformed(UntrustedEvent event, String why) {
    return new Unconfirmed(LogProblem.Code.CONTENT_MALFORMED, event.dataOffset(), why);
  }

  /** A name that nothing proves, for people to read; empty where the data is no plain text. */
  private static String claimedText(Bytes data) {
    Optional<String> text = Texts.looksLikeUtf16(data) ? Texts.utf16(data) : Texts.utf8(data);
    return text.filter(t -> t.length() <= 256 && t.chars().allMatch(c -> c >= ' ' && c <= '~'))
        .orElse("");
  }
}
