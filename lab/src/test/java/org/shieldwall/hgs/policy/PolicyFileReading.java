package org.shieldwall.hgs.policy;

import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.tpm.Bytes;

/** Opens the parsers of the files that go with a policy to their fuzz targets. */
public final class PolicyFileReading {
  private PolicyFileReading() {}

  public static void publicKey(byte[] file) throws GeneralSecurityException {
    PublicKeyFile.parse(Bytes.of(file));
  }

  public static ImageManifest manifest(byte[] document, ECPublicKey signer)
      throws ProtectorException {
    return ImageManifestDocument.verified(Bytes.of(document), signer);
  }
}
