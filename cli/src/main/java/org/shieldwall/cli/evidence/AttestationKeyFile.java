package org.shieldwall.cli.evidence;

import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.cli.InputFile;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PemPublicKey;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmScheme;

/**
 * An attestation key in a file: PEM, DER, TPM2B_PUBLIC or TPMT_PUBLIC.
 *
 * @param key the key
 * @param area its public area, where the file has it; PEM says nothing about attributes
 */
record AttestationKeyFile(PublicKey key, Optional<TpmPublic> area) {
  private static final int LARGEST = 64 << 10;
  private static final int DER_SEQUENCE = 0x30;

  static AttestationKeyFile read(Path file) {
    byte[] bytes = InputFile.read(file, LARGEST);
    try {
      if (PemPublicKey.looksLike(bytes)) {
        return new AttestationKeyFile(PemPublicKey.parse(bytes), Optional.empty());
      }
      if (bytes.length > 0 && bytes[0] == DER_SEQUENCE) {
        return new AttestationKeyFile(PemPublicKey.parseDer(bytes), Optional.empty());
      }
      TpmPublic area = isSized(bytes) ? TpmPublic.parseSized(bytes) : TpmPublic.parse(bytes);
      return of(area);
    } catch (MalformedException e) {
      throw EvidenceFiles.malformed(file, e);
    }
  }

  static AttestationKeyFile of(TpmPublic area) throws MalformedException {
    return new AttestationKeyFile(area.publicKey(), Optional.of(area));
  }

  /** TPM2B_PUBLIC starts with the length of the rest, TPMT_PUBLIC with a small algorithm number. */
  private static boolean isSized(byte[] bytes) {
    return bytes.length > 2 && ((bytes[0] & 0xFF) << 8 | (bytes[1] & 0xFF)) == bytes.length - 2;
  }

  /** {@return the signing scheme that the TPM holds the key to, if the file says so} */
  Optional<TpmScheme> scheme() {
    return area.map(each ->
            switch (each.key()) {
              case TpmKey.Rsa rsa -> rsa.scheme();
              case TpmKey.Ecc ecc -> ecc.scheme();
              case TpmKey.KeyedHash _, TpmKey.SymmetricCipher _ -> TpmScheme.NONE;
            })
        .filter(each -> each.algorithm() != TpmAlgorithm.NULL);
  }

  /** {@return schemes to try for a signature that does not say which it is of} */
  List<TpmScheme> candidates() {
    if (scheme().isPresent()) {
      return List.of(scheme().get());
    }
    List<TpmScheme> schemes = new ArrayList<>();
    for (TpmHash hash :
        new TpmHash[] {TpmHash.SHA256, TpmHash.SHA384, TpmHash.SHA512, TpmHash.SHA1}) {
      if (key.getAlgorithm().equals("EC")) {
        schemes.add(TpmScheme.of(TpmAlgorithm.ECDSA, hash));
      } else {
        schemes.add(TpmScheme.of(TpmAlgorithm.RSASSA, hash));
        schemes.add(TpmScheme.of(TpmAlgorithm.RSAPSS, hash));
      }
    }
    return schemes;
  }
}
