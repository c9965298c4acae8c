package org.shieldwall.host.attest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.command.TpmException;

/** Takes a capture of this host: a quote over a nonce of its own, and the logs it proves. */
public final class HostCapture {
  /** Every PCR that firmware, kernel and enclave extend; 16 and above can be reset by anyone. */
  private static final List<Integer> PCRS = IntStream.rangeClosed(0, 15).boxed().toList();

  private static final int NONCE_SIZE = 32;
  private static final int MAX_KERNEL_TEXT = 16 << 10;

  private HostCapture() {}

  /**
   * {@return the capture}
   *
   * @param name the host's name
   * @param enclave id of the enclave that runs, if one does
   * @throws IOException if a log cannot be read, or is larger than a capture takes
   */
  public static Capture take(
      HostTpm tpm,
      Evidence evidence,
      String name,
      Optional<Bytes> enclave,
      Instant at,
      SecureRandom random)
      throws IOException, TpmException {
    byte[] fresh = new byte[NONCE_SIZE];
    random.nextBytes(fresh);
    Bytes nonce = Bytes.of(fresh);
    HostTpm.Measured measured = tpm.quote(Capture.extraData(nonce, enclave), PCRS);
    ByteWriter signature = new ByteWriter();
    measured.quoted().signature().write(signature);
    // Read after the quote: a list that has grown since begins with what the quote covers.
    Optional<Bytes> ima = evidence.readImaList();
    if (ima.isPresent()) {
      requireFits("the IMA list", ima.get(), Capture.MAX_IMA);
    }
    return new Capture(
        at,
        tpm.identity(name),
        tpm.attestationKey().sized(),
        nonce,
        enclave,
        measured.quoted().attest().raw(),
        signature.toBytes(),
        measured.values(),
        requireFits("the event log", evidence.readEventLog(), Capture.MAX_EVENT_LOG),
        ima,
        new Capture.Kernel(
            kernelText(Path.of("/proc/sys/kernel/osrelease")), kernelText(evidence.commandLine())));
  }

  private static Bytes requireFits(String what, Bytes bytes, int limit) throws IOException {
    if (bytes.length() > limit) {
      throw new IOException(
          what + " has " + bytes.length() + " bytes, and a capture takes " + limit);
    }
    return bytes;
  }

  /** For people only: where it cannot be read, nothing is said. */
  private static String kernelText(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_KERNEL_TEXT), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      return "";
    }
  }
}
