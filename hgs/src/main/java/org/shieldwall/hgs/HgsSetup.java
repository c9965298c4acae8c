package org.shieldwall.hgs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.StoreException;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/** Makes a new service: keys, certificates, guardian, database, configuration. */
public final class HgsSetup {
  private static final int TOKEN_KEY_SIZE = 32;

  private final InstantSource clock;
  private final SecureRandom random;

  /** A setup that dates and draws with these. */
  public HgsSetup(InstantSource clock, SecureRandom random) {
    this.clock = clock;
    this.random = random;
  }

  /**
   * What was made.
   *
   * @param folder where
   * @param url where hosts will reach it
   * @param guardian its guardian document, whose id owners compare
   * @param keyBesideSecrets whether the key file lies in the same folder as what it opens
   */
  public record Made(HgsFolder folder, String url, Guardian guardian, boolean keyBesideSecrets) {}

  /**
   * Where a service is and listens.
   *
   * @param name host name or address by which hosts reach it
   * @param listen address to listen on; empty for every one
   * @param port empty for the usual one
   */
  public record Address(String name, Optional<String> listen, Optional<Integer> port) {
    /** {@return an address of this name, with the rest as usual} */
    public static Address named(String name) {
      return new Address(name, Optional.empty(), Optional.empty());
    }
  }

  /**
   * Makes a service in {@code folder}, which must be empty or not exist. If it cannot, it leaves
   * nothing behind.
   *
   * @param address where it will be
   * @param passphrase opens the keys; if there is none, a key file does
   * @param keyFile an existing or new key file; if there is none, one in the folder
   */
  public Made create(
      HgsFolder folder, Address address, Optional<SecretBytes> passphrase, Optional<Path> keyFile)
      throws HgsException {
    String name = address.name();
    if (!name.matches("[A-Za-z0-9.:_-]{1,253}")) {
      throw new HgsException("'" + name + "' is no host name or address", "--name hgs.example.org");
    }
    boolean existed = Files.exists(folder.path());
    makeFolder(folder.path());
    try {
      return fill(folder, address, passphrase, keyFile);
    } catch (HgsException | RuntimeException e) {
      clear(folder.path(), existed);
      throw e;
    }
  }

  private Made fill(
      HgsFolder folder, Address address, Optional<SecretBytes> passphrase, Optional<Path> keyFile)
      throws HgsException {
    String name = address.name();
    Instant now = clock.instant();
    Unlock unlock = unlock(folder, passphrase, keyFile);
    KeyPair tls = Certificates.newKey("secp256r1", random);
    KeyPair signer = Certificates.newKey("secp384r1", random);
    Guardian guardian = makeSecrets(folder, name, unlock, tls, signer);
    X509Certificate server = Certificates.forServer(tls, name, now, random);
    write(folder.certificate(), Certificates.pem(server));
    write(folder.signer(), Certificates.pem(Certificates.forSigner(signer, name, now, random)));
    write(folder.guardian(), guardian.toBytes());
    makeDatabase(folder, guardian);
    Optional<String> configuredKey =
        unlock instanceof Unlock.KeyFile file
            ? Optional.of(relative(folder, file.path()))
            : Optional.empty();
    write(
        folder.configuration(),
        HgsConfig.template(address, configuredKey).getBytes(StandardCharsets.UTF_8));
    boolean beside = unlock instanceof Unlock.KeyFile file && file.path().startsWith(folder.path());
    return new Made(
        folder, url(name, address.port().orElse(HgsConfig.DEFAULT_PORT)), guardian, beside);
  }

  private Guardian makeSecrets(
      HgsFolder folder, String name, Unlock unlock, KeyPair tls, KeyPair signer)
      throws HgsException {
    try {
      PrivateKeySet keys = PrivateKeySet.generate(random);
      Guardian guardian = Guardian.create("HGS " + name, clock.instant(), keys, random);
      SecretBytes tokenKey = SecretBytes.random(SecretArena.plain(), TOKEN_KEY_SIZE, random);
      try (Secrets secrets =
          new Secrets(
              tls.getPrivate(), signer.getPrivate(), tokenKey, new GuardianKey(guardian, keys))) {
        secrets.store(folder, unlock, random);
      }
      return guardian;
    } catch (ProtectorException e) {
      throw Secrets.refused(e);
    }
  }

  static String url(String name, int port) {
    return "https://" + (name.indexOf(':') >= 0 ? "[" + name + "]" : name) + ":" + port;
  }

  private static String relative(HgsFolder folder, Path file) {
    return file.startsWith(folder.path())
        ? folder.path().relativize(file).toString()
        : file.toString();
  }

  private Unlock unlock(HgsFolder folder, Optional<SecretBytes> passphrase, Optional<Path> keyFile)
      throws HgsException {
    if (passphrase.isPresent()) {
      return new Unlock.Passphrase(passphrase.get());
    }
    Path file = keyFile.map(Path::toAbsolutePath).map(Path::normalize).orElse(folder.keyFile());
    try {
      if (!Files.exists(file)) {
        SealedFile.createKeyFile(file, random);
      }
    } catch (ProtectorException e) {
      throw Secrets.refused(e);
    }
    return new Unlock.KeyFile(file);
  }

  private void makeDatabase(HgsFolder folder, Guardian guardian) throws HgsException {
    AuditLog audit = new AuditLog(clock);
    try (Database database = Database.create(folder.database())) {
      database.write(writing ->
          audit.append(
              writing, AuditKind.INITIALISED, "service", Map.of("guardian", guardian.id().text())));
    } catch (StoreException e) {
      throw new HgsException(
          String.valueOf(e.getMessage()), "check the disk, its space and its rights", e);
    }
  }

  private static void makeFolder(Path path) throws HgsException {
    try {
      Files.createDirectories(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (Stream<Path> content = Files.list(path)) {
        if (content.findAny().isPresent()) {
          throw new HgsException(
              "the folder " + path + " is not empty: a service may be in it",
              "choose another with --dir FOLDER, or start the service: shieldwall hgs serve --dir "
                  + path);
        }
      }
    } catch (AccessDeniedException e) {
      throw new HgsException(
          "the folder " + path + " cannot be made by this user",
          "choose another with --dir FOLDER, or run it as root",
          e);
    } catch (IOException e) {
      throw new HgsException(
          "the folder " + path + " cannot be made (" + e.getClass().getSimpleName() + ")",
          "choose another with --dir FOLDER",
          e);
    }
  }

  private static void write(Path file, byte[] content) throws HgsException {
    try {
      Files.write(file, content, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw new HgsException(
          "the file " + file + " cannot be written", "check the disk and its space", e);
    }
  }

  private static void clear(Path folder, boolean keepFolder) {
    try (Stream<Path> content = Files.list(folder)) {
      for (Path file : content.toList()) {
        Files.deleteIfExists(file);
      }
      if (!keepFolder) {
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      // The failure that led here is the one to tell; the next attempt names the folder.
    }
  }
}
