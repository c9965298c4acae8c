package org.shieldwall.cli.hgs;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.CaptureFile;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.trace.CaptureAppraisal;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.Outcome;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * A file that a baseline comes from.
 *
 * @param file event log, capture of a host, or baseline document
 * @param log whether it is an event log even if it looks like JSON
 * @param level how much of a log counts
 */
public record BaselineFile(Path file, boolean log, CaptureLevel level) {
  private static final int MAX_STEM = 63;

  /** {@return the baseline of a file, or the registered one of this name where there is no file} */
  static BootBaseline orRegistered(
      String which, boolean log, CaptureLevel level, HgsOptions options) {
    if (Files.isRegularFile(Path.of(which))) {
      return new BaselineFile(Path.of(which), log, level).read(null);
    }
    try {
      return BaselineDocument.parse(
          BaselineCommand.find(which, options).document().getBytes(StandardCharsets.UTF_8));
    } catch (ProtectorException problem) {
      throw new Failure(
          "the stored baseline " + which + " does not read: " + problem.detail(),
          "remove it and add it again",
          Failure.ENVIRONMENT);
    }
  }

  /**
   * {@return the baseline}
   *
   * @param name what to call it; null for what the document says, or after the file
   */
  public BootBaseline read(@Nullable String name) {
    Optional<Capture> capture = log ? Optional.empty() : CaptureFile.in(file);
    if (capture.isPresent()) {
      requireConsistent(capture.get());
      return captured(capture.get().eventLog().toArray(), name == null ? stem() : name);
    }
    byte[] bytes = InputFile.read(file, LogLimits.DEFAULT.bytes());
    boolean json = !log && bytes.length > 0 && bytes[0] == '{';
    return json ? document(bytes, name) : captured(bytes, name == null ? stem() : name);
  }

  /**
   * A log that does not lead to what the capture's TPM signed is not the one of that boot. Whether
   * it is the TPM one thinks it is, a capture does not say.
   */
  private void requireConsistent(Capture capture) {
    try {
      CaptureAppraisal.of(capture, AttestationPolicy.standard("consistent", 1, List.of())).stream()
          .filter(each ->
              each.check() == Check.AK_ACCEPTABLE
                  || each.check() == Check.QUOTE
                  || each.check() == Check.EVENT_LOG)
          .filter(each -> each.outcome() != Outcome.PASS)
          .findFirst()
          .ifPresent(each -> {
            throw new Failure(
                file
                    + " contradicts itself: "
                    + each.findings().stream()
                        .findFirst()
                        .map(Finding::toString)
                        .orElse(each.found()),
                "shieldwall host trace --capture " + file,
                Failure.REFUSED);
          });
    } catch (MalformedException problem) {
      throw Failure.malformed(file + " holds no attestation key", problem, "");
    }
  }

  private BootBaseline document(byte[] bytes, @Nullable String name) {
    try {
      BootBaseline baseline = BaselineDocument.parse(bytes);
      if (name == null) {
        return baseline;
      }
      return new BootBaseline(
          requireName(name),
          baseline.bank(),
          baseline.facts(),
          baseline.alternatives(),
          baseline.commandLine());
    } catch (ProtectorException problem) {
      throw new Failure(
          file + " is no baseline: " + problem.detail(),
          "give an event log, or a document made by shieldwall hgs baseline show --json",
          Failure.MALFORMED);
    }
  }

  private BootBaseline captured(byte[] bytes, String name) {
    try {
      UntrustedEventLog parsed = UntrustedEventLog.parse(bytes, LogLimits.DEFAULT);
      if (!parsed.banks().contains(TpmHash.SHA256)) {
        throw new Failure(
            file + " has no SHA-256 digests, and only those count",
            "enable the SHA-256 bank in the host's firmware setup",
            Failure.REFUSED);
      }
      BootFacts facts = BootFacts.draw(parsed, TpmHash.SHA256);
      return BootBaseline.capture(requireName(name), facts, level);
    } catch (MalformedException problem) {
      throw Failure.malformed(
          file + " is no event log",
          problem,
          "take it on the host: /sys/kernel/security/tpm0/binary_bios_measurements");
    }
  }

  private static String requireName(String name) {
    if (!BaselineDocument.isName(name)) {
      throw new Failure(
          "\"" + name + "\" cannot be a baseline's name",
          "use --name with letters, digits, dots and dashes",
          Failure.MALFORMED);
    }
    return name;
  }

  private String stem() {
    Path last = file.getFileName();
    String clean =
        (last == null ? "" : last.toString())
            .replaceAll("\\.[A-Za-z0-9]{1,5}$", "")
            .replaceAll("\\.capture$", "")
            .replaceAll("[^A-Za-z0-9._-]+", "-")
            .replaceAll("^[^A-Za-z0-9]+", "");
    return clean.isEmpty() ? "baseline" : clean.substring(0, Math.min(MAX_STEM, clean.length()));
  }
}
