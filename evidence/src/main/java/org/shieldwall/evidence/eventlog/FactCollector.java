package org.shieldwall.evidence.eventlog;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.eventlog.EventReading.DigestOnly;
import org.shieldwall.evidence.eventlog.EventReading.Separator;
import org.shieldwall.evidence.eventlog.EventReading.Text;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * Goes through a log once. In PCRs that are reasoned about nothing is passed over: what is not one
 * of the few harmless texts counts, by its digest, whatever type the log gives it.
 */
final class FactCollector {
  /** Texts that firmware measures in every boot (PFP section 10.4.4), and that say nothing. */
  private static final Set<String> USUAL_ACTIONS =
      Set.of(
          "Calling EFI Application from Boot Option",
          "Returning from EFI Application from Boot Option",
          "Exit Boot Services Invocation",
          "Exit Boot Services Returned with Failure",
          "Exit Boot Services Returned with Success");

  private static final String EXIT_BOOT_SERVICES = "Exit Boot Services Returned with Success";
  private static final int ENCLAVE_PCR = 15;

  /** Windows says some 30 things of itself. */
  private static final int MOST_WINDOWS_FACTS = 1_000;

  private final UntrustedEventLog log;
  private final TpmHash bank;
  private final SecureBootReader secureBoot;
  private final List<MeasuredDigest> bootApplications = new ArrayList<>();
  private final List<MeasuredText> commandLines = new ArrayList<>();
  private final List<MeasuredDigest> loadedFiles = new ArrayList<>();
  private final List<MeasuredDigest> initrds = new ArrayList<>();
  private final List<MeasuredDigest> sections = new ArrayList<>();
  private final List<MeasuredDigest> firmware = new ArrayList<>();
  private final List<MeasuredDigest> drivers = new ArrayList<>();
  private final List<WindowsFact> windows = new ArrayList<>();
  private final List<LogProblem> problems = new ArrayList<>();
  private Optional<MeasuredText> firmwareVersion = Optional.empty();
  private Optional<String> sectionName = Optional.empty();
  private boolean grubFiles;
  private boolean exitBootServices;
  private boolean enclavePcrUsed;

  FactCollector(UntrustedEventLog log, TpmHash bank) {
    this.log = log;
    this.bank = bank;
    this.secureBoot = new SecureBootReader(problems);
  }

  BootFacts collect() {
    wholeLog();
    EventReader reader = new EventReader(bank);
    for (UntrustedEvent event : log.events()) {
      if (event.extendsPcr()) {
        event(event, reader.read(event));
      }
    }
    secureBoot.end();
    if (firmwareVersion.isEmpty() && !firmware.isEmpty()) {
      problems.add(
          new LogProblem(
              LogProblem.Code.NO_SCRTM_VERSION,
              -1,
              0,
              0,
              "PCR 0 has no EV_S_CRTM_VERSION whose data hashes to its digest"));
    }
    return new BootFacts(
        bank,
        secureBoot.state(),
        secureBoot.variables(),
        secureBoot.authorities(),
        secureBoot.actions(),
        secureBoot.isShimValidationDisabled(),
        bootApplications,
        commandLines,
        loadedFiles,
        grubFiles,
        initrds,
        sections,
        firmwareVersion,
        firmware,
        drivers,
        windows,
        exitBootServices,
        enclavePcrUsed,
        problems);
  }

  private void wholeLog() {
    if (log.format() != LogFormat.SHA1 && log.format() != LogFormat.CRYPTO_AGILE) {
      problems.add(
          new LogProblem(
              LogProblem.Code.NO_HEADER, -1, 0, -1, "no Spec ID event announces the format"));
    }
    for (TpmHash announced : log.algorithms()) {
      if (announced.isSupported() && !log.banks().contains(announced)) {
        problems.add(
            new LogProblem(
                LogProblem.Code.BANK_INCOMPLETE,
                -1,
                0,
                -1,
                "events lack digests of bank " + announced.label()));
      }
    }
  }

  private void event(UntrustedEvent event, EventReading reading) {
    if (event.pcr() >= Replay.PCR_COUNT) {
      problems.add(LogProblem.of(LogProblem.Code.PCR_OUT_OF_RANGE, event, "PCR " + event.pcr()));
      return;
    }
    switch (reading) {
      case EventReading.Unconfirmed(LogProblem.Code code, long offset, String why) ->
          problems.add(new LogProblem(code, event.index(), offset, event.pcr(), why));
      case EventReading.UnknownType() ->
          problems.add(
              LogProblem.of(LogProblem.Code.UNKNOWN_TYPE, event, "type " + event.typeName()));
      case Separator(Separator.Meaning meaning) when meaning == Separator.Meaning.ERROR ->
          problems.add(
              LogProblem.of(LogProblem.Code.ERROR_SEPARATOR, event, "firmware reports an error"));
      case EventReading.Tagged(List<TaggedEvent> tagged) ->
          WindowsFact.of(event.index(), tagged).stream()
              .limit(MOST_WINDOWS_FACTS - windows.size())
              .forEach(windows::add);
      default -> {
        // Said by its PCR, below.
      }
    }
    byPcr(event, reading);
  }

  private void byPcr(UntrustedEvent event, EventReading reading) {
    boolean separator = reading instanceof Separator;
    switch ((int) event.pcr()) {
      case 0 -> {
        if (!separator) {
          firmware.add(measured(event, reading));
          version(event, reading);
        }
      }
      case 2 -> {
        if (!separator) {
          drivers.add(measured(event, reading));
        }
      }
      case 4 -> bootApplication(event, reading);
      case 5 -> exitBootServices |= isAction(reading, EXIT_BOOT_SERVICES);
      case 7 -> secureBoot.event(event, reading);
      case 8, 12 -> commandLine(event, reading);
      case 9 -> loadedFile(event, reading);
      case 11 -> section(event, reading);
      case ENCLAVE_PCR -> enclavePcrUsed = true;
      default -> {
        // Replayed, and nothing is concluded from it.
      }
    }
  }

  private MeasuredDigest measured(UntrustedEvent event, EventReading reading) {
    Bytes digest = event.digest(bank).orElseThrow();
    return new MeasuredDigest(event.index(), digest, claimedName(event, reading));
  }

  private static String claimedName(UntrustedEvent event, EventReading reading) {
    return switch (reading) {
      case DigestOnly only -> only.claimedName();
      case Text text -> text.text();
      default -> event.typeName();
    };
  }

  private void version(UntrustedEvent event, EventReading reading) {
    if (event.type() == EventType.SCRTM_VERSION.id()
        && reading instanceof EventReading.Data(Bytes data)
        && firmwareVersion.isEmpty()) {
      firmwareVersion =
          Optional.of(new MeasuredText(event.index(), FirmwareVersion.describe(data)));
    }
  }

  private void bootApplication(UntrustedEvent event, EventReading reading) {
    boolean usual =
        reading instanceof Separator
            || (reading instanceof Text text
                && text.origin() == Text.Origin.ACTION
                && USUAL_ACTIONS.contains(text.text()));
    if (usual) {
      return;
    }
    bootApplications.add(measured(event, reading));
    boolean image =
        reading instanceof DigestOnly only
            && (only.thing() == DigestOnly.Thing.APPLICATION
                || only.thing() == DigestOnly.Thing.DRIVER);
    boolean reported =
        reading instanceof EventReading.Unconfirmed || reading instanceof EventReading.UnknownType;
    if (!image && !reported) {
      problems.add(
          LogProblem.of(
              LogProblem.Code.UNEXPECTED_TYPE,
              event,
              event.typeName() + " in PCR 4, where images and the usual texts are measured"));
    }
  }

  /**
   * GRUB's digests leave out whether a text is a command or the kernel's command line, so in PCR 8
   * every text counts that could be the latter: it starts with the kernel's file, and that with
   * {@code /}, a device in brackets or a block number, as no command of GRUB's does.
   */
  private void commandLine(UntrustedEvent event, EventReading reading) {
    switch (reading) {
      case Text text when text.origin() == Text.Origin.GRUB_COMMAND -> {
        if (mayNameKernel(text.text())) {
          commandLines.add(new MeasuredText(event.index(), text.text()));
        }
      }
      case Text text -> commandLines.add(new MeasuredText(event.index(), text.text()));
      case Separator _ -> {
        // Windows closes PCR 12 with one.
      }
      default -> {
        if (event.pcr() == 12 && !(reading instanceof EventReading.Tagged)) {
          // Credentials and extensions that systemd's stub adds: known by their digest alone.
          String digest = bank.label() + ":" + event.digest(bank).orElseThrow().hex();
          commandLines.add(new MeasuredText(event.index(), digest));
        }
      }
    }
  }

  private static boolean mayNameKernel(String text) {
    char first = text.isEmpty() ? ' ' : text.charAt(0);
    return first == '/' || first == '(' || (first >= '0' && first <= '9');
  }

  private void loadedFile(UntrustedEvent event, EventReading reading) {
    if (reading instanceof Separator) {
      return;
    }
    MeasuredDigest file = measured(event, reading);
    loadedFiles.add(file);
    if (reading instanceof DigestOnly only && only.thing() == DigestOnly.Thing.INITRD) {
      initrds.add(file);
    } else if (!(reading instanceof DigestOnly options
        && options.thing() == DigestOnly.Thing.LOAD_OPTIONS)) {
      grubFiles = true;
    }
  }

  /** systemd's stub measures a section's name, then the section: the name is proven by its own. */
  private void section(UntrustedEvent event, EventReading reading) {
    if (sectionName.isPresent()) {
      Bytes digest = event.digest(bank).orElseThrow();
      sections.add(new MeasuredDigest(event.index(), digest, sectionName.get()));
      sectionName = Optional.empty();
    } else if (reading instanceof Text text && text.origin() == Text.Origin.SECTION_NAME) {
      sectionName = Optional.of(text.text());
    }
  }

  private static boolean isAction(EventReading reading, String text) {
    return reading instanceof Text measured
        && measured.origin() == Text.Origin.ACTION
        && measured.text().equals(text);
  }
}
