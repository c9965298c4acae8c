package org.shieldwall.hgs;

import java.nio.file.Files;
import java.nio.file.Path;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.StoreException;

/**
 * The folder that holds one service: its configuration, database, certificates and sealed keys.
 *
 * @param path absolute
 */
public record HgsFolder(Path path) {
  /** Makes the path absolute. */
  public HgsFolder {
    path = path.toAbsolutePath().normalize();
  }

  /** {@return where a service of this user is kept unless another folder is named} */
  public static Path defaultPath() {
    return "root".equals(System.getProperty("user.name"))
        ? Path.of("/var/lib/shieldwall/hgs")
        : Path.of(System.getProperty("user.home", "."), ".local/share/shieldwall/hgs");
  }

  /** {@return the configuration} */
  public Path configuration() {
    return path.resolve("hgs.toml");
  }

  /** {@return the database} */
  public Path database() {
    return path.resolve("hgs.db");
  }

  /** {@return the TLS certificate, for hosts to trust} */
  public Path certificate() {
    return path.resolve("hgs.pem");
  }

  /** {@return the certificate that signs health certificates} */
  public Path signer() {
    return path.resolve("attestation-signer.pem");
  }

  /** {@return this service's guardian document, for owners} */
  public Path guardian() {
    return path.resolve("guardian.json");
  }

  Path keyFile() {
    return path.resolve("unlock.key");
  }

  Path tlsKey() {
    return path.resolve("tls-key.sealed");
  }

  Path signerKey() {
    return path.resolve("attestation-signer-key.sealed");
  }

  Path tokenKey() {
    return path.resolve("token-key.sealed");
  }

  Path guardianKey() {
    return path.resolve("guardian-key.sealed");
  }

  /** {@return the configuration, read} */
  public HgsConfig readConfiguration() throws HgsException {
    if (!Files.exists(configuration())) {
      throw new HgsException(
          "there is no Host Guardian Service in " + path, "shieldwall hgs init --dir " + path);
    }
    return HgsConfig.read(configuration());
  }

  /** {@return the database, open} */
  public Database openDatabase() throws HgsException {
    try {
      return Database.open(database());
    } catch (StoreException e) {
      throw new HgsException(
          String.valueOf(e.getMessage()),
          "run this as the user that runs the service, and check the disk and its space",
          e);
    }
  }

  /** {@return whether a passphrase opens the keys, rather than a key file} */
  public boolean wantsPassphrase() throws HgsException {
    return Secrets.wantsPassphrase(this);
  }
}
