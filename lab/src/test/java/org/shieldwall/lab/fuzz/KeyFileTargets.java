package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.attestation.directory.SidReading;
import org.shieldwall.hgs.attestation.hostkey.HostKey;
import org.shieldwall.hgs.policy.PolicyFileReading;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.attest.hostkey.FileKey;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/** Keys in files, public and sealed, and SIDs of a directory. */
final class KeyFileTargets {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String KIND = "shieldwall-fuzz-1";

  private KeyFileTargets() {}

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "host-key",
            () -> List.of(publicKey("EC", 384), publicKey("RSA", 3072)),
            input -> {
              HostKey read = HostKey.parsePem(input);
              require(
                  HostKey.parseDer(Bytes.of(read.key().getEncoded())).id().equals(read.id()),
                  "a key reads as it is kept");
            },
            HgsException.class),
        FuzzTarget.of(
            "host-key-file",
            () -> List.of(hostKeyFile()),
            input -> {
              try (FileKey key = FileKey.read(Files.write(secret("host-key.pem"), input))) {
                key.sign(Bytes.ofText("message"));
              }
            },
            AgentException.class),
        FuzzTarget.of(
            "public-key-file",
            () -> List.of(publicKey("EC", 256), publicKey("RSA", 2048), HealthSeeds.certificate()),
            PolicyFileReading::publicKey,
            GeneralSecurityException.class),
        FuzzTarget.of(
            "security-identifier",
            () ->
                List.of(
                    new byte[] {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0},
                    new byte[] {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}),
            input -> require(SidReading.text(input).matches("S-1(-\\d+){2,16}"), "a SID"),
            MalformedException.class),
        FuzzTarget.of(
            "sealed-file",
            () -> List.of(sealed(Seeds.utf8("a secret"))),
            input -> {
              Path file = Files.write(secret("sealed"), input);
              try (SecretBytes _ = SealedFile.open(file, KIND, unlock(), SecretArena.plain())) {
                require(!SealedFile.wantsPassphrase(file), "a key file opened it");
              }
            },
            ProtectorException.class),
        FuzzTarget.of(
            "guardian-key",
            () -> List.of(guardianKey()),
            KeyFileTargets::openGuardian,
            ProtectorException.class),
        // The same past the seal, as whoever has the key file could write it.
        FuzzTarget.of(
            "guardian-key-sealed",
            () -> List.of(guardianContent()),
            input -> {
              if (input.length > 0 && input.length < SealedFile.MAX_BYTES / 2) {
                openGuardian(sealedAs(GuardianKey.FORMAT, input));
              }
            },
            ProtectorException.class));
  }

  private static void openGuardian(byte[] input) throws ProtectorException, IOException {
    GuardianKey.open(Files.write(secret("guardian"), input), unlock(), RANDOM);
  }

  private static byte[] publicKey(String algorithm, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(bits);
      return HostKeyDocument.pem(generator.generateKeyPair().getPublic());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hostKeyFile() {
    Path file = Folder.PATH.resolve("made.pem");
    try (FileKey _ = FileKey.create(file, RANDOM)) {
      return Files.readAllBytes(file);
    } catch (AgentException | IOException e) {
      throw new IllegalStateException(e);
    } finally {
      delete(file);
    }
  }

  private static byte[] sealed(byte[] content) {
    try {
      return sealedAs(KIND, content);
    } catch (ProtectorException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] sealedAs(String kind, byte[] content) throws ProtectorException {
    Path file = Folder.PATH.resolve("made");
    delete(file);
    try (SecretBytes secret = SecretBytes.takeFrom(SecretArena.plain(), content.clone())) {
      SealedFile.create(file, kind, secret, unlock(), RANDOM);
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(file);
    }
  }

  private static byte[] guardianKey() {
    Path file = Folder.PATH.resolve("made-guardian");
    try {
      PrivateKeySet keys = PrivateKeySet.generate(RANDOM);
      Guardian guardian =
          Guardian.create("HGS", Instant.parse("2026-01-01T00:00:00Z"), keys, RANDOM);
      new GuardianKey(guardian, keys).create(file, unlock(), RANDOM);
      return Files.readAllBytes(file);
    } catch (ProtectorException | IOException e) {
      throw new IllegalStateException(e);
    } finally {
      delete(file);
    }
  }

  private static byte[] guardianContent() {
    try (SecretBytes content =
        SealedFile.open(
            Files.write(secret("guardian"), guardianKey()),
            GuardianKey.FORMAT,
            unlock(),
            SecretArena.plain())) {
      return content.expose(SecretAccess.because("a seed of nobody's keys"), byte[]::clone);
    } catch (ProtectorException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Unlock unlock() {
    return new Unlock.KeyFile(Folder.KEY);
  }

  /** A file that only its owner may read, to be written over with each input. */
  private static Path secret(String name) throws IOException {
    Path file = Folder.PATH.resolve(name);
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return file;
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One folder for the whole run. */
  private static final class Folder {
    static final Path PATH = make();
    static final Path KEY = PATH.resolve("key");

    static {
      try {
        SealedFile.createKeyFile(KEY, RANDOM);
      } catch (ProtectorException e) {
        throw new IllegalStateException(e);
      }
    }

    private static Path make() {
      try {
        Path made = Files.createTempDirectory("fuzz-keys");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made), "remove " + made));
        return made;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void remove(Path folder) {
      try (var files = Files.list(folder)) {
        for (Path each : files.toList()) {
          Files.delete(each);
        }
        Files.delete(folder);
      } catch (IOException e) {
        // What is left lies in the folder for temporary files.
      }
    }
  }
}
