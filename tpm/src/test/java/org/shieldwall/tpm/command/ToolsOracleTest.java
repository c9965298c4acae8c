package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PemPublicKey;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmSignature;

/** What tpm2-tools says about the same keys, quotes and policies. */
class ToolsOracleTest {
  @TempDir Path folder;
  private TestTpm swtpm;

  @BeforeEach
  void start() throws Exception {
    TestTpm.requireTool("tpm2_createek", "tpm2-tools");
    swtpm = TestTpm.start();
    @SuppressWarnings("resource") // closing it would shut the TPM down
    Tpm tpm = swtpm.connect();
    tpm.release();
  }

  @AfterEach
  void stop() throws Exception {
    if (swtpm != null) {
      swtpm.close();
    }
  }

  private void run(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(words));
    command.addAll(1, List.of("-T", swtpm.tcti()));
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
    assertThat(process.exitValue()).as("%s: %s", command, Files.readString(log)).isZero();
    flush();
  }

  /** The tools leave what they load in its slot, and want a TPM that has been started. */
  private void flush() throws Exception {
    SocketTransport socket = SocketTransport.connect(swtpm.process().options().dataSocketPath());
    try (Tpm tpm = Tpm.over(socket)) {
      tpm.flushTransient();
    }
  }

  private byte[] file(String name) throws Exception {
    return Files.readAllBytes(folder.resolve(name));
  }

  @Test
  void givenTheDefaultEndorsementKeysThenTpm2CreateekMakesTheSame() throws Exception {
    run("tpm2_createek", "-G", "rsa", "-c", "rsa.ctx", "-u", "rsa.pub");
    run("tpm2_createek", "-G", "ecc", "-c", "ecc.ctx", "-u", "ecc.pub");
    try (Tpm tpm = swtpm.connect();
        TpmObject rsa =
            tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.endorsementRsa2048());
        TpmObject ecc =
            tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.endorsementEccP256())) {
      assertThat(TpmPublic.parseSized(file("rsa.pub"))).isEqualTo(rsa.area());
      assertThat(TpmPublic.parseSized(file("ecc.pub"))).isEqualTo(ecc.area());
    }
  }

  @Test
  void givenAKeyInPemThenTpm2LoadexternalGivesTheSameKeyAndName() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp384r1"));
    PublicKey key = generator.generateKeyPair().getPublic();
    Files.writeString(folder.resolve("key.pem"), pem(key));

    run("tpm2_loadexternal", "-G", "ecc", "-C", "o", "-u", "key.pem", "-c", "k.ctx", "-n", "name");
    run("tpm2_readpublic", "-c", "k.ctx", "-o", "key.pub", "-n", "name2", "-q", "qualified");

    TpmPublic area = TpmPublic.parseSized(file("key.pub"));
    assertThat(area.publicKey()).isEqualTo(key);
    assertThat(area.name().value()).isEqualTo(Bytes.of(file("name")));
    assertThat(area.name().value()).isEqualTo(Bytes.of(file("name2")));
    assertThat(PemPublicKey.parse(file("key.pem"))).isEqualTo(key);
  }

  @Test
  void givenAQuoteByTpm2QuoteThenItVerifies() throws Exception {
    run("tpm2_createprimary", "-C", "e", "-G", "ecc", "-c", "p.ctx");
    run(
        "tpm2_create",
        "-C",
        "p.ctx",
        "-G",
        "ecc:ecdsa-sha256:null",
        "-c",
        "ak.ctx",
        "-u",
        "ak.pub",
        "-a",
        "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign|noda");
    run(
        "tpm2_quote",
        "-c",
        "ak.ctx",
        "-l",
        "sha256:0,1,16",
        "-q",
        "c0ffee",
        "-m",
        "quote",
        "-s",
        "signature");

    TpmAttest attest = TpmAttest.parse(file("quote"));
    TpmPublic ak = TpmPublic.parseSized(file("ak.pub"));
    assertThat(TpmSignature.parse(file("signature")).verify(ak.publicKey(), attest.raw())).isTrue();
    assertThat(attest.extraData()).isEqualTo(Bytes.ofHex("c0ffee"));
    PcrSelection selection = PcrSelection.of(TpmHash.SHA256, 0, 1, 16);
    assertThat(((TpmAttest.Quote) attest.attested()).selection()).isEqualTo(selection);
  }

  private static String pem(PublicKey key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(key.getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }
}
