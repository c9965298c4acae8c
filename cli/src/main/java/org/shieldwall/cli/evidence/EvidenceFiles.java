package org.shieldwall.cli.evidence;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import org.shieldwall.cli.CaptureFile;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/** Files of evidence and captures of it, read within a bound and refused by name. */
final class EvidenceFiles {
  private static final int LARGEST_LOG = LogLimits.DEFAULT.bytes();

  private EvidenceFiles() {}

  /** {@return the endorsement certificate in a capture, if the file is one} */
  static Optional<byte[]> endorsement(Path file) {
    return CaptureFile.in(file)
        .map(each ->
            each.identity()
                .ekCertificate()
                .map(Bytes::toArray)
                .orElseThrow(() ->
                    new Failure(
                        file + " holds no endorsement certificate: this TPM has none",
                        "the HGS administrator may register its key by the same file",
                        Failure.MALFORMED)));
  }

  /** {@return an event log, by itself or in a capture} */
  static byte[] eventLog(Path file) {
    byte[] bytes = InputFile.read(file, Capture.MAX_BYTES);
    Optional<Capture> capture = CaptureFile.in(file, bytes);
    if (capture.isEmpty() && bytes.length > LARGEST_LOG) {
      throw new Failure(
          file + " is larger than the " + LARGEST_LOG + " bytes that an event log may have",
          "",
          Failure.MALFORMED);
    }
    return capture.map(each -> each.eventLog().toArray()).orElse(bytes);
  }

  /** {@return an IMA list, by itself or in a capture, as a stream} */
  static InputStream imaList(Path file) throws IOException {
    Optional<Capture> capture = CaptureFile.in(file);
    if (capture.isEmpty()) {
      return InputFile.open(file);
    }
    Bytes list =
        capture
            .flatMap(Capture::ima)
            .orElseThrow(() ->
                new Failure(
                    file + " holds no IMA list",
                    "name a capture of a host whose kernel keeps one, or the list itself",
                    Failure.MALFORMED));
    return new ByteArrayInputStream(list.toArray());
  }

  static Failure malformed(Path file, MalformedException problem) {
    return Failure.malformed(file.toString(), problem, "");
  }
}
