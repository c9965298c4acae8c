package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.ARENA;
import static org.shieldwall.protector.Parties.OWNER;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.refused;
import static org.shieldwall.protector.Parties.secret;
import static org.shieldwall.protector.Parties.tree;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPrivateKeySpec;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

class SealedFileTest {
  private static final String KIND = "shieldwall-test-secret-1";
  private static final Unlock PASSPHRASE = new Unlock.Passphrase(secret("correct horse ß 🐎"));

  @TempDir private Path directory;
  private Path file;
  private Path keyFile;
  private Unlock byKeyFile;

  @BeforeEach
  void keyFile() throws Exception {
    file = directory.resolve("secret");
    keyFile = directory.resolve("key");
    SealedFile.createKeyFile(keyFile, RANDOM);
    byKeyFile = new Unlock.KeyFile(keyFile);
  }

  @Test
  void passphraseOpensIt() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), PASSPHRASE, RANDOM);

    assertThat(SealedFile.wantsPassphrase(file)).isTrue();
    assertThat(mode(file)).isEqualTo("rw-------");
    assertThat(Files.readString(file)).doesNotContain("hunter2").contains("600000");
    assertOpens(PASSPHRASE, "hunter2");
    refused(Code.WRONG_PASSPHRASE, () -> open(new Unlock.Passphrase(secret("wrong horse"))));
    refused(Code.WRONG_KEY_FILE, () -> open(byKeyFile));
  }

  @Test
  void keyFileOpensIt() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), byKeyFile, RANDOM);

    assertThat(SealedFile.wantsPassphrase(file)).isFalse();
    assertThat(mode(keyFile)).isEqualTo("rw-------");
    assertThat(Files.size(keyFile)).isEqualTo(32);
    assertOpens(byKeyFile, "hunter2");
    refused(Code.WRONG_PASSPHRASE, () -> open(PASSPHRASE));
    Path other = directory.resolve("other-key");
    SealedFile.createKeyFile(other, RANDOM);
    refused(Code.WRONG_KEY_FILE, () -> open(new Unlock.KeyFile(other)));
  }

  @Test
  void sameSecretTwiceIsSealedDifferently() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), byKeyFile, RANDOM);
    byte[] first = Files.readAllBytes(file);
    SealedFile.replace(file, KIND, secret("hunter2"), byKeyFile, RANDOM);

    ObjectNode one = tree(first);
    ObjectNode two = tree(Files.readAllBytes(file));
    for (String member : new String[] {"salt", "iv", "ciphertext"}) {
      assertThat(one.get(member)).isNotEqualTo(two.get(member));
    }
  }

  @Test
  void existingFilesAreOverwrittenOnlyByReplace() throws Exception {
    SealedFile.create(file, KIND, secret("first"), byKeyFile, RANDOM);
    refused(
        Code.FILE_EXISTS, () -> SealedFile.create(file, KIND, secret("second"), byKeyFile, RANDOM));
    refused(Code.FILE_EXISTS, () -> SealedFile.createKeyFile(keyFile, RANDOM));
    assertOpens(byKeyFile, "first");

    SealedFile.replace(file, KIND, secret("second"), byKeyFile, RANDOM);
    assertOpens(byKeyFile, "second");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactlyInAnyOrder(file, keyFile);
    }
  }

  @Test
  void filesThatOthersCanReadAreRefusedWithTheCommandThatMendsIt() throws Exception {
    Path spaced = directory.resolve("my secret's file");
    SealedFile.create(spaced, KIND, secret("hunter2"), byKeyFile, RANDOM);
    for (String mode : new String[] {"rw-r-----", "rw----r--", "rw-rw-rw-", "rw--w----"}) {
      Files.setPosixFilePermissions(spaced, PosixFilePermissions.fromString(mode));
      refused(Code.UNSAFE_PERMISSIONS, () -> SealedFile.open(spaced, KIND, byKeyFile, ARENA));
    }
    String command = "chmod 0600 '" + directory + "/my secret'\\''s file'";
    assertThat(
            Assertions.catchThrowableOfType(
                    ProtectorException.class, () -> SealedFile.open(spaced, KIND, byKeyFile, ARENA))
                .detail())
        .endsWith(command);

    Process chmod = new ProcessBuilder("sh", "-c", command).start();
    assertThat(chmod.waitFor()).isZero();
    SealedFile.open(spaced, KIND, byKeyFile, ARENA).close();
  }

  @Test
  void keyFilesThatOthersCanReadAreRefusedToo() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), byKeyFile, RANDOM);
    Files.setPosixFilePermissions(keyFile, PosixFilePermissions.fromString("rw-r--r--"));
    refused(Code.UNSAFE_PERMISSIONS, () -> open(byKeyFile));
  }

  @Test
  void ownerMayHaveFewerRights() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), byKeyFile, RANDOM);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
    assertOpens(byKeyFile, "hunter2");
  }

  @Test
  void keyFileOfAnotherLength() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), byKeyFile, RANDOM);
    Files.write(keyFile, new byte[31]);
    refused(Code.WRONG_KEY_FILE, () -> open(byKeyFile));
    Files.write(keyFile, new byte[33]);
    refused(Code.TOO_LARGE, () -> open(byKeyFile));
  }

  @Test
  void noFileOrNoDirectory() {
    refused(Code.FILE_NOT_USABLE, () -> open(byKeyFile));
    refused(Code.FILE_NOT_USABLE, () -> SealedFile.open(directory, KIND, byKeyFile, ARENA));
    refused(
        Code.FILE_NOT_USABLE,
        () ->
            SealedFile.create(
                directory.resolve("no/such/file"), KIND, secret("x"), byKeyFile, RANDOM));
  }

  @Test
  void whatCouldNotBeReadAgainIsNotWritten() {
    SecretBytes large = SecretBytes.takeFrom(ARENA, new byte[SealedFile.MAX_BYTES]);
    refused(Code.TOO_LARGE, () -> SealedFile.create(file, KIND, large, byKeyFile, RANDOM));
    assertThat(file).doesNotExist();
  }

  @Test
  void anotherKindOfSecret() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), byKeyFile, RANDOM);
    refused(
        Code.UNKNOWN_FORMAT, () -> SealedFile.open(file, "shieldwall-other-1", byKeyFile, ARENA));
    alter(json -> json.put("kind", "shieldwall-other-1"));
    refused(
        Code.WRONG_KEY_FILE, () -> SealedFile.open(file, "shieldwall-other-1", byKeyFile, ARENA));
  }

  @Test
  void alteredFiles() throws Exception {
    SealedFile.create(file, KIND, secret("hunter2"), PASSPHRASE, RANDOM);
    byte[] genuine = Files.readAllBytes(file);
    refusedAfter(genuine, Code.MALFORMED, json -> json.put("iterations", 209_999));
    refusedAfter(genuine, Code.MALFORMED, json -> json.put("iterations", 10_000_001));
    refusedAfter(genuine, Code.WRONG_PASSPHRASE, json -> json.put("iterations", 210_000));
    refusedAfter(genuine, Code.MALFORMED, json -> json.put("kdf", "argon2id"));
    refusedAfter(genuine, Code.WRONG_PASSPHRASE, json -> json.put("kdf", "key-file"));
    refusedAfter(genuine, Code.UNKNOWN_FORMAT, json -> json.put("format", "shieldwall-sealed-2"));
    refusedAfter(genuine, Code.MALFORMED, json -> json.put("hint", "a horse"));
    refusedAfter(
        genuine, Code.WRONG_PASSPHRASE, json -> json.put("salt", B64u.encode(new byte[32])));
    Files.write(file, new byte[SealedFile.MAX_BYTES + 1]);
    refused(Code.TOO_LARGE, () -> open(PASSPHRASE));
    Files.write(file, new byte[0]);
    refused(Code.MALFORMED, () -> open(PASSPHRASE));
  }

  // A guardian's private keys.

  @Test
  void guardiansKeysComeBack() throws Exception {
    OWNER.create(file, byKeyFile, RANDOM);
    GuardianKey read = GuardianKey.open(file, byKeyFile, RANDOM);

    assertThat(read.guardian().toBytes()).isEqualTo(OWNER.guardian().toBytes());
    try (KeyProtector.Created created = Parties.vmProtector();
        SecretBytes key = created.protector().open(read.keys(), ARENA)) {
      assertThat(key.sameAs(created.transportKey())).isTrue();
    }
    refused(Code.FILE_EXISTS, () -> OWNER.create(file, byKeyFile, RANDOM));
  }

  @Test
  void privateKeysOfSomebodyElse() throws Exception {
    GuardianKey other = Parties.STRANGER;
    for (String member : new String[] {"signing", "encryption", "kem"}) {
      rewriteGuardianKey(json ->
          json.put(
              member,
              B64u.encode(
                  switch (member) {
                    case "signing" -> other.keys().signing().getEncoded();
                    case "encryption" -> other.keys().encryption().getEncoded();
                    default -> other.keys().kem().getEncoded();
                  })));
      refused(Code.INVALID_KEY, () -> GuardianKey.open(file, byKeyFile, RANDOM));
    }
  }

  @Test
  void privateKeysThatAreNone() throws Exception {
    java.security.KeyPairGenerator p256 = java.security.KeyPairGenerator.getInstance("EC");
    p256.initialize(256);
    byte[] otherCurve = p256.generateKeyPair().getPrivate().getEncoded();
    for (String member : new String[] {"signing", "encryption", "kem"}) {
      rewriteGuardianKey(json -> json.put(member, "aHVudGVyMg"));
      refused(Code.INVALID_KEY, () -> GuardianKey.open(file, byKeyFile, RANDOM));
      rewriteGuardianKey(json -> json.put(member, B64u.encode(otherCurve)));
      refused(Code.INVALID_KEY, () -> GuardianKey.open(file, byKeyFile, RANDOM));
    }
  }

  /** Of the right kind and curve, and no key all the same. */
  @Test
  void privateKeysThatNoAlgorithmTakes() throws Exception {
    byte[] altered = OWNER.keys().kem().getEncoded();
    altered[altered.length - 40] ^= 1; // in the digest of the public key (FIPS 203, section 7.3)
    rewriteGuardianKey(json -> json.put("kem", B64u.encode(altered)));
    refused(Code.INVALID_KEY, () -> GuardianKey.open(file, byKeyFile, RANDOM));
    ECPrivateKey genuine = (ECPrivateKey) OWNER.keys().signing();
    for (BigInteger scalar : List.of(BigInteger.ZERO, genuine.getParams().getOrder())) {
      byte[] outside =
          KeyFactory.getInstance("EC")
              .generatePrivate(new ECPrivateKeySpec(scalar, genuine.getParams()))
              .getEncoded();
      for (String member : List.of("signing", "encryption")) {
        rewriteGuardianKey(json -> json.put(member, B64u.encode(outside)));
        refused(Code.INVALID_KEY, () -> GuardianKey.open(file, byKeyFile, RANDOM));
      }
    }
  }

  @Test
  void errorsInAGuardiansKeyQuoteNothing() throws Exception {
    rewriteGuardianKey(json -> json.put("hunter2", 1).put("signing", "hunter2!"));
    ProtectorException refusal =
        Assertions.catchThrowableOfType(
            ProtectorException.class, () -> GuardianKey.open(file, byKeyFile, RANDOM));
    assertThat(refusal.code()).isEqualTo(Code.MALFORMED);
    assertThat(refusal.toString()).doesNotContain("hunter2");
    assertThat(OWNER.toString()).doesNotContain("PrivateKey[").contains(OWNER.keys().id().text());
  }

  private void rewriteGuardianKey(Consumer<ObjectNode> change) throws Exception {
    Files.deleteIfExists(file);
    OWNER.create(file, byKeyFile, RANDOM);
    try (SecretBytes content = SealedFile.open(file, GuardianKey.FORMAT, byKeyFile, ARENA)) {
      ObjectNode json =
          content.expose(
              org.shieldwall.protector.secret.SecretAccess.because("a test alters it"),
              Parties::tree);
      change.accept(json);
      SealedFile.replace(
          file,
          GuardianKey.FORMAT,
          SecretBytes.takeFrom(ARENA, Json.bytes(json)),
          byKeyFile,
          RANDOM);
    }
  }

  private SecretBytes open(Unlock unlock) throws ProtectorException {
    return SealedFile.open(file, KIND, unlock, ARENA);
  }

  private void assertOpens(Unlock unlock, String expected) throws ProtectorException {
    try (SecretBytes opened = open(unlock);
        SecretBytes wanted = secret(expected)) {
      assertThat(opened.sameAs(wanted)).isTrue();
    }
  }

  private void alter(Consumer<ObjectNode> change) throws Exception {
    ObjectNode json = tree(Files.readAllBytes(file));
    change.accept(json);
    Files.write(file, Json.bytes(json));
  }

  private void refusedAfter(byte[] genuine, Code code, Consumer<ObjectNode> change)
      throws Exception {
    Files.write(file, genuine);
    alter(change);
    refused(code, () -> open(PASSPHRASE));
  }

  private static String mode(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
