package org.shieldwall.hgs.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.tpm.Bytes;

/** Manifests of images and signers of files in a policy document. */
class ImageManifestPolicyTest {
  private static final KeyPair MAKER = keys(384);
  private static final KeyPair STRANGER = keys(384);
  private static final KeyPair SMALL = keys(256);
  private static final String DIGEST = "5e".repeat(32);

  private static final String MANIFEST =
      """
      {"format":"shieldwall-image-manifest-1","name":"appliance 7","bank":"sha256",
       "bootApplications":["%1$s"],"commandLines":[],"embeddedCommandLine":"quiet",
       "verityRoots":["%1$s"],"guarantees":["no-swap-or-encrypted"],"dumpKeys":["%1$s"]}
      """
          .formatted(DIGEST);

  private static final String POLICY =
      """
      name = "compute"
      version = 1
      [checks.image-manifest]
      enabled = true
      files = ["appliance.json"]
      signer = "maker.pem"
      """;

  private static KeyPair keys(int size) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(size);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base64url(String text) {
    return base64url(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String base64url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** As any JOSE tool signs. */
  private static Bytes signed(String payload, KeyPair by) {
    try {
      String header = base64url("{\"alg\":\"ES384\",\"typ\":\"shieldwall-image-manifest-1\"}");
      Signature signer = Signature.getInstance("SHA384withECDSAinP1363Format");
      signer.initSign(by.getPrivate());
      signer.update((header + "." + base64url(payload)).getBytes(StandardCharsets.US_ASCII));
      return Bytes.ofText(
          "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}"
              .formatted(header, base64url(payload), base64url(signer.sign())));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Bytes pem(KeyPair keys) {
    return Bytes.ofText(
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n");
  }

  private static PolicyDocument read(String text, Map<String, Bytes> files) throws HgsException {
    return PolicyReader.read("p.toml", text, PolicyFiles.of(files));
  }

  private static Map<String, Bytes> files(Bytes manifest, KeyPair maker) {
    Map<String, Bytes> files = new TreeMap<>();
    files.put("appliance.json", manifest);
    files.put("maker.pem", pem(maker));
    return files;
  }

  @Test
  void givenAManifestOfItsMaker_whenRead_thenItIsInThePolicy() throws Exception {
    PolicyDocument policy = read(POLICY, files(signed(MANIFEST, MAKER), MAKER));
    Bytes digest = Bytes.ofHex(DIGEST);
    assertThat(policy.settings().manifests())
        .containsExactly(
            new ImageManifest(
                "appliance 7",
                List.of(digest),
                List.of(),
                "quiet",
                Set.of(digest),
                Set.of(Check.NO_SWAP_OR_ENCRYPTED),
                Set.of(digest)));
    assertThat(policy.files()).containsOnlyKeys("appliance.json", "maker.pem");
  }

  @Test
  void givenAManifestOfSomebodyElse_whenRead_thenItIsRefused() {
    assertThatThrownBy(() -> read(POLICY, files(signed(MANIFEST, STRANGER), MAKER)))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("appliance.json is no manifest of this signer");
    assertThatThrownBy(() -> read(POLICY, files(Bytes.ofText(MANIFEST), MAKER)))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("appliance.json");
    assertThatThrownBy(() -> read(POLICY, files(signed(MANIFEST, MAKER), SMALL)))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("P-384");
    assertThatThrownBy(() ->
            read(
                POLICY,
                Map.of(
                    "appliance.json",
                    signed(MANIFEST, MAKER),
                    "maker.pem",
                    Bytes.ofText("no key"))))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("maker.pem holds no certificate or public key");
  }

  /** The one line's last dashes are the other's first. */
  @Test
  void givenAKeyWithoutAnythingBetweenItsLines_whenRead_thenItIsNoKeyAndNoFault() {
    Map<String, Bytes> files = files(signed(MANIFEST, MAKER), MAKER);
    files.put("maker.pem", Bytes.ofText("-----BEGIN PUBLIC KEY-----END PUBLIC KEY-----\n"));
    assertThatThrownBy(() -> read(POLICY, files))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("maker.pem holds no certificate or public key");
  }

  @ParameterizedTest
  @CsvSource({
    "no-swap-or-encrypted, secure-boot",
    "no-swap-or-encrypted, anything",
    "sha256, sha1",
    "dumpKeys, dumpkeys",
    "shieldwall-image-manifest-1, shieldwall-image-manifest-2",
  })
  void givenAManifestThatSaysTooMuch_whenRead_thenItIsRefused(String part, String other) {
    assertThatThrownBy(
            () -> read(POLICY, files(signed(MANIFEST.replace(part, other), MAKER), MAKER)))
        .isInstanceOf(HgsException.class);
  }

  @Test
  void givenSignersAndExclusions_whenRead_thenTheyAreRulesOfTheList() throws Exception {
    String rules =
        """
        name = "compute"
        version = 1
        [checks.code-integrity]
        enabled = true
        exclude = ["/var/lib/", ".ima"]
        [checks.code-integrity.signers]
        "/usr/" = "maker.pem"
        """;
    PolicyDocument policy = read(rules, files(Bytes.EMPTY, MAKER));
    var ima = policy.settings().codeIntegrity().ima().orElseThrow();
    assertThat(ima.excluded()).containsExactly("/var/lib/", ".ima");
    assertThat(ima.signed())
        .singleElement()
        .satisfies(each -> {
          assertThat(each.prefix()).isEqualTo("/usr/");
          assertThat(each.signer()).isEqualTo(MAKER.getPublic());
          assertThat(each.signerName()).isEqualTo("maker.pem");
        });
    assertThatThrownBy(() -> read(rules.replace("\"/usr/\"", "usr"), files(Bytes.EMPTY, MAKER)))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("a path begins with /");
    assertThatThrownBy(() -> read(rules.replace("/var/lib/", "/"), files(Bytes.EMPTY, MAKER)))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("everything");
  }
}
