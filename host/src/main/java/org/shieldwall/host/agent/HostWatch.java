package org.shieldwall.host.agent;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.shieldwall.tpm.command.TpmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at what may change a verifier's mind between two attestations: the kernel's count of
 * measured files, the TPM's counters and PCRs, and whether the machine slept. Root can blind it: it
 * makes honest hosts quick, and a certificate's validity bounds what a dishonest one gains.
 */
final class HostWatch {
  private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

  /** {@code /proc/uptime} counts in hundredths of a second, and is read a moment later. */
  private static final long SLEPT_NANOS = 1_000_000_000L;

  private static final int MAX_TEXT = 100;

  private final Path fileCount;
  private final Path uptime;
  private final LongSupplier monotonicNanos;
  private final TpmLook tpm;
  private final Duration lookAtTpm;
  private OptionalLong markedFiles = OptionalLong.empty();
  private OptionalLong asleep;
  private @Nullable TpmSight sight;
  private @Nullable Instant looked;

  /** What was seen. */
  record Seen(AttestationCause cause, String detail) {}

  /** How the TPM is looked at. */
  interface TpmLook {
    TpmSight look() throws IOException, TpmException;
  }

  /**
   * @param fileCount {@code runtime_measurements_count}, the number of entries in the IMA list; may
   *     not exist
   * @param uptime {@code /proc/uptime}: since boot with the time asleep (CLOCK_BOOTTIME)
   * @param monotonicNanos a clock that stands still while the machine sleeps (CLOCK_MONOTONIC)
   */
  HostWatch(
      Path fileCount, Path uptime, LongSupplier monotonicNanos, TpmLook tpm, Duration lookAtTpm) {
    this.fileCount = fileCount;
    this.uptime = uptime;
    this.monotonicNanos = monotonicNanos;
    this.tpm = tpm;
    this.lookAtTpm = lookAtTpm;
    this.asleep = asleep();
  }

  /** What is there now is what the attestation that follows shows. */
  synchronized void mark(Instant now) {
    markedFiles = files();
    sight(now);
  }

  /**
   * {@return what has changed since the mark}
   *
   * @param filesMatter whether the service asks what files were measured
   */
  synchronized Optional<Seen> look(Instant now, boolean filesMatter) {
    OptionalLong slept = asleep();
    if (slept.isPresent() && asleep.isPresent()) {
      long nanos = slept.getAsLong() - asleep.getAsLong();
      if (nanos > SLEPT_NANOS) {
        asleep = slept;
        return Optional.of(
            new Seen(AttestationCause.RESUMED, "for " + nanos / 1_000_000_000 + " seconds"));
      }
    }
    Instant last = looked;
    if (last == null || !now.isBefore(last.plus(lookAtTpm))) {
      TpmSight before = sight;
      Optional<Seen> seen =
          sight(now).flatMap(after -> before == null ? Optional.empty() : after.since(before));
      if (seen.isPresent()) {
        return seen;
      }
    }
    return filesMatter ? filesMeasured() : Optional.empty();
  }

  private Optional<Seen> filesMeasured() {
    OptionalLong files = files();
    if (files.isEmpty() || markedFiles.isEmpty() || files.getAsLong() == markedFiles.getAsLong()) {
      return Optional.empty();
    }
    Seen seen =
        new Seen(
            AttestationCause.FILES_MEASURED,
            files.getAsLong() + " entries, were " + markedFiles.getAsLong());
    markedFiles = files;
    return Optional.of(seen);
  }

  private Optional<TpmSight> sight(Instant now) {
    looked = now;
    try {
      TpmSight after = tpm.look();
      sight = after;
      return Optional.of(after);
    } catch (IOException | TpmException busy) {
      // Not a change: the next attestation says so if it stays.
      LOG.debug("the TPM was not looked at: {}", busy.getMessage());
      return Optional.empty();
    }
  }

  /** {@return how many files the kernel has measured, where it says so} */
  OptionalLong files() {
    try {
      return OptionalLong.of(Long.parseLong(firstWord(fileCount)));
    } catch (IOException | NumberFormatException none) {
      return OptionalLong.empty();
    }
  }

  /** The time asleep, from an unknown beginning: only its growth means anything. */
  private OptionalLong asleep() {
    try {
      long since = new BigDecimal(firstWord(uptime)).movePointRight(9).longValue();
      return OptionalLong.of(since - monotonicNanos.getAsLong());
    } catch (IOException | NumberFormatException none) {
      return OptionalLong.empty();
    }
  }

  private static String firstWord(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      String text = new String(in.readNBytes(MAX_TEXT), StandardCharsets.US_ASCII).strip();
      return text.split("\\s", 2)[0];
    }
  }
}
