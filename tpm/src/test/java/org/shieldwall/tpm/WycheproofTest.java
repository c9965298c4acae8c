package org.shieldwall.tpm;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Java's RSA-OAEP with SHA-256, which protects a credential's seed, on Wycheproof's cases. */
class WycheproofTest {
  @Test
  void givenEveryOaepCaseThenItsResultComesOut() throws Exception {
    JsonNode file = Vectors.json("wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json");
    int cases = 0;
    for (JsonNode group : file.get("testGroups")) {
      PrivateKey key =
          KeyFactory.getInstance("RSA")
              .generatePrivate(new PKCS8EncodedKeySpec(hex(group.get("privateKeyPkcs8"))));
      for (JsonNode each : group.get("tests")) {
        Optional<Bytes> expected =
            each.get("result").asString().equals("invalid")
                ? Optional.empty()
                : Optional.of(Bytes.of(hex(each.get("msg"))));
        assertThat(decrypt(key, hex(each.get("label")), hex(each.get("ct"))))
            .as("case %s: %s", each.get("tcId"), each.get("comment"))
            .isEqualTo(expected);
        cases++;
      }
    }
    assertThat(cases).isEqualTo(file.get("numberOfTests").asInt());
  }

  private static Optional<Bytes> decrypt(PrivateKey key, byte[] label, byte[] encrypted) {
    try {
      Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
      oaep.init(
          Cipher.DECRYPT_MODE,
          key,
          new OAEPParameterSpec(
              "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, new PSource.PSpecified(label)));
      return Optional.of(Bytes.of(oaep.doFinal(encrypted)));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  private static byte[] hex(JsonNode node) {
    return Bytes.ofHex(node.asString()).toArray();
  }
}
