package org.shieldwall.protector.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Project Wycheproof's vectors against the primitives as they are used here. */
class WycheproofTest {
  @Test
  void aesGcm() throws Exception {
    int[] used = {0};
    Wycheproof.each(
        "aes_gcm_test.json",
        (group, test) -> {
          if (group.get("tagSize").intValue() != 128) {
            return;
          }
          byte[] iv = hex(test, "iv");
          byte[] key = hex(test, "key");
          byte[] sealed = concat(hex(test, "ct"), hex(test, "tag"));
          if (iv.length != AesGcm.IV_BYTES || key.length != 32) {
            // Formats have 12-byte IVs and 256-bit keys only: everything else is refused up front.
            if (key.length > 0) {
              try (SecretBytes secret = SecretBytes.takeFrom(SecretArena.plain(), key)) {
                assertThatThrownBy(() -> AesGcm.open(secret, iv, hex(test, "aad"), sealed))
                    .isInstanceOf(IllegalArgumentException.class);
              }
            }
            return;
          }
          used[0]++;
          try (SecretBytes secret = SecretBytes.takeFrom(SecretArena.plain(), key)) {
            if (valid(test)) {
              assertThat(AesGcm.open(secret, iv, hex(test, "aad"), sealed))
                  .isEqualTo(hex(test, "msg"));
              assertThat(AesGcm.seal(secret, iv, hex(test, "aad"), hex(test, "msg")))
                  .isEqualTo(sealed);
            } else {
              assertThatThrownBy(() -> AesGcm.open(secret, iv, hex(test, "aad"), sealed))
                  .isInstanceOf(AEADBadTagException.class);
            }
          } catch (AEADBadTagException e) {
            throw new AssertionError(name(test), e);
          }
        });
    assertThat(used[0]).as("cases that apply").isGreaterThan(50);
  }

  @Test
  void hkdf() throws Exception {
    for (String hash : new String[] {"256", "384"}) {
      Wycheproof.each(
          "hkdf_sha" + hash + "_test.json",
          (group, test) -> {
            int size = test.get("size").intValue();
            if (valid(test)) {
              assertThat(
                      Hkdf.derive(
                          "HKDF-SHA" + hash,
                          hex(test, "ikm"),
                          hex(test, "salt"),
                          hex(test, "info"),
                          size))
                  .as(name(test))
                  .isEqualTo(hex(test, "okm"));
            } else {
              assertThatThrownBy(() ->
                      Hkdf.derive(
                          "HKDF-SHA" + hash,
                          hex(test, "ikm"),
                          hex(test, "salt"),
                          hex(test, "info"),
                          size))
                  .as(name(test))
                  .isInstanceOf(IllegalStateException.class);
            }
          });
    }
  }

  @Test
  void aesKeyWrap() throws Exception {
    Wycheproof.each(
        "aes_wrap_test.json",
        (group, test) -> {
          byte[] key = hex(test, "key");
          Optional<byte[]> unwrapped = AesKeyWrap.unwrap(key, hex(test, "ct"));
          if (valid(test)) {
            assertThat(unwrapped.orElseThrow()).as(name(test)).isEqualTo(hex(test, "msg"));
            assertThat(AesKeyWrap.wrap(key, hex(test, "msg"))).isEqualTo(hex(test, "ct"));
          } else if (test.get("result").stringValue().equals("invalid")) {
            assertThat(unwrapped).as(name(test)).isEmpty();
          }
        });
  }

  /** What credentials for RSA endorsement keys rest on. */
  @Test
  void rsaOaep() throws Exception {
    Wycheproof.each(
        "rsa_oaep_2048_sha256_mgf1sha256_test.json",
        (group, test) -> {
          try {
            PrivateKey key =
                KeyFactory.getInstance("RSA")
                    .generatePrivate(new PKCS8EncodedKeySpec(hex(group, "privateKeyPkcs8")));
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
            cipher.init(
                Cipher.DECRYPT_MODE,
                key,
                new OAEPParameterSpec(
                    "SHA-256",
                    "MGF1",
                    MGF1ParameterSpec.SHA256,
                    new PSource.PSpecified(hex(test, "label"))));
            if (valid(test)) {
              assertThat(cipher.doFinal(hex(test, "ct"))).isEqualTo(hex(test, "msg"));
            } else {
              assertThatThrownBy(() -> cipher.doFinal(hex(test, "ct")))
                  .as(name(test))
                  .isInstanceOf(GeneralSecurityException.class);
            }
          } catch (GeneralSecurityException e) {
            throw new AssertionError(name(test), e);
          }
        });
  }

  private static boolean valid(JsonNode test) {
    return test.get("result").stringValue().equals("valid");
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).stringValue());
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] all = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static String name(JsonNode test) {
    return "tcId " + test.get("tcId") + " " + test.get("comment");
  }
}
