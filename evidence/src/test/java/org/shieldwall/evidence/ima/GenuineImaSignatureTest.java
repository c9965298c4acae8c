package org.shieldwall.evidence.ima;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Signatures by the tool that distributions sign their files with. */
class GenuineImaSignatureTest {
  @TempDir private Path folder;

  @BeforeAll
  static void requireTheTool() {
    boolean found =
        Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin")
            .anyMatch(each -> Files.isExecutable(Path.of(each, "evmctl")));
    assumeTrue(found, "skipped: no evmctl; install the package ima-evm-utils");
  }

  private Bytes evmctl(KeyPair keys, TpmHash hash, Path file)
      throws IOException, InterruptedException {
    Path key = folder.resolve("key.pem");
    Files.writeString(
        key,
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n");
    Process process =
        new ProcessBuilder(
                "evmctl",
                "ima_sign",
                "--sigfile",
                "--key",
                key.toString(),
                "--hashalgo",
                hash.label(),
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("evmctl.log").toFile())
            .start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("evmctl.log"))).isZero();
    return Bytes.of(Files.readAllBytes(Path.of(file + ".sig")));
  }

  @ParameterizedTest
  @CsvSource({
    "RSA, 2048, SHA256",
    "RSA, 3072, SHA512",
    "EC, 256, SHA256",
    "EC, 384, SHA384",
  })
  void whatTheToolSignedIsSigned(String algorithm, int size, TpmHash hash)
      throws IOException, InterruptedException, GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(size);
    KeyPair keys = generator.generateKeyPair();
    KeyPair others = generator.generateKeyPair();
    Path file = Files.writeString(folder.resolve("program"), "a program");
    Bytes signature = evmctl(keys, hash, file);
    Bytes digest = hash.hash(Bytes.ofText("a program"));
    assertThat(ImaSignature.verify(signature, keys.getPublic(), hash.label(), digest)).isTrue();
    assertThat(ImaSignature.verify(signature, others.getPublic(), hash.label(), digest)).isFalse();
    assertThat(
            ImaSignature.verify(
                signature, keys.getPublic(), hash.label(), hash.hash(Bytes.ofText("another"))))
        .isFalse();
    assertThat(ImaSignature.verify(signature, keys.getPublic(), "sha1", digest)).isFalse();
  }
}
