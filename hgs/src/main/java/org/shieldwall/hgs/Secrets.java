package org.shieldwall.hgs;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * The service's secrets, opened: nothing else of a service is worth stealing.
 *
 * @param tls key of the TLS certificate
 * @param signer key that signs health certificates
 * @param token key under which challenge tokens are sealed
 * @param guardian key set that opens key protectors
 */
record Secrets(PrivateKey tls, PrivateKey signer, SecretBytes token, GuardianKey guardian)
    implements AutoCloseable {
  private static final String TLS = "shieldwall-hgs-tls-key-1";
  private static final String SIGNER = "shieldwall-hgs-attestation-signer-key-1";
  private static final String TOKEN = "shieldwall-hgs-token-key-1";

  void store(HgsFolder folder, Unlock unlock, SecureRandom random) throws ProtectorException {
    storeKey(folder.tlsKey(), TLS, tls, unlock, random);
    storeKey(folder.signerKey(), SIGNER, signer, unlock, random);
    SealedFile.create(folder.tokenKey(), TOKEN, token, unlock, random);
    guardian.create(folder.guardianKey(), unlock, random);
  }

  private static void storeKey(
      Path file, String kind, PrivateKey key, Unlock unlock, SecureRandom random)
      throws ProtectorException {
    try (SecretBytes pkcs8 = SecretBytes.takeFrom(SecretArena.plain(), key.getEncoded())) {
      SealedFile.create(file, kind, pkcs8, unlock, random);
    }
  }

  /**
   * Opens the secrets of {@code folder}.
   *
   * @throws HgsException if a file is missing, others may read it, or {@code unlock} is wrong
   */
  static Secrets open(HgsFolder folder, Unlock unlock, SecureRandom random) throws HgsException {
    try {
      return new Secrets(
          openKey(folder.tlsKey(), TLS, unlock),
          openKey(folder.signerKey(), SIGNER, unlock),
          SealedFile.open(folder.tokenKey(), TOKEN, unlock, SecretArena.plain()),
          GuardianKey.open(folder.guardianKey(), unlock, random));
    } catch (ProtectorException e) {
      throw refused(e);
    }
  }

  static boolean wantsPassphrase(HgsFolder folder) throws HgsException {
    try {
      return SealedFile.wantsPassphrase(folder.tokenKey());
    } catch (ProtectorException e) {
      throw refused(e);
    }
  }

  static HgsException refused(ProtectorException failure) {
    String hint =
        switch (failure.code()) {
          case WRONG_PASSPHRASE -> "start again and give the passphrase chosen at hgs init";
          case WRONG_KEY_FILE -> "put back the key file made at hgs init, or name it in hgs.toml";
          case UNSAFE_PERMISSIONS -> "take the rights of others away and start again";
          case FILE_EXISTS -> "choose an empty folder: shieldwall hgs init --dir FOLDER";
          default ->
              "run this as the user that runs the service, or restore the file from a backup";
        };
    return new HgsException(failure.detail(), hint, failure);
  }

  private static PrivateKey openKey(Path file, String kind, Unlock unlock)
      throws ProtectorException, HgsException {
    try (SecretBytes pkcs8 = SealedFile.open(file, kind, unlock, SecretArena.plain())) {
      return pkcs8.expose(
          SecretAccess.because("a key that the JDK's TLS and signatures use"),
          bytes -> KeyFactory.getInstance("EC").generatePrivate(spec(bytes)));
    } catch (GeneralSecurityException e) {
      // Without the cause: it may describe the key.
      throw new HgsException("the key in " + file + " cannot be used", "restore it from a backup");
    }
  }

  private static PKCS8EncodedKeySpec spec(byte[] pkcs8) {
    return new PKCS8EncodedKeySpec(Arrays.copyOf(pkcs8, pkcs8.length));
  }

  @Override
  public void close() {
    token.close();
  }

  @Override
  public String toString() {
    return "Secrets[guardian=" + guardian.guardian().id() + "]";
  }
}
