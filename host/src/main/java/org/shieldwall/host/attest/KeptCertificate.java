package org.shieldwall.host.attest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.Optional;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AkCertificate;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmPublic;

/**
 * The service's certificate of this host's attestation key, kept in a file until it runs out. It is
 * no secret: without the TPM it is good for nothing.
 */
public final class KeptCertificate {
  private static final int MAX_BYTES = 32 << 10;

  private final Path file;
  private final InstantSource clock;

  /** A certificate in {@code file}, which need not be there. */
  public KeptCertificate(Path file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  /** {@return the certificate, if there is one of this key in time} What cannot be read is none. */
  Optional<Bytes> of(TpmPublic ak) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        return Optional.empty();
      }
      Bytes der = Bytes.of(Files.readAllBytes(file));
      AkCertificate certificate = AkCertificate.parse(der);
      boolean good =
          certificate.binding().akName().equals(ak.name().value())
              && clock.instant().isBefore(certificate.expires());
      return good ? Optional.of(der) : Optional.empty();
    } catch (IOException | ProtectorException e) {
      return Optional.empty();
    }
  }

  void keep(Bytes der) throws IOException {
    Path whole = file.resolveSibling(file.getFileName() + ".new");
    Files.write(whole, der.toArray());
    Path _ =
        Files.move(
            whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  void forget() throws IOException {
    boolean _ = Files.deleteIfExists(file);
  }
}
