package org.shieldwall.protector.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Project Wycheproof's vectors against the primitives as they are used here. */
class WycheproofTest {
  /** Otherwise the two runs of each test would be one run twice. */
  @ParameterizedTest
  @EnumSource
  void theProviderIsTheOneMeant(Cryptography cryptography) throws Exception {
    cryptography.doing(() -> {
      assertThat(Cipher.getInstance("AES/GCM/NoPadding").getProvider().getName())
          .startsWith(cryptography.provider());
      assertThat(KeyAgreement.getInstance("ECDH").getProvider().getName())
          .startsWith(cryptography.provider());
    });
  }

  @ParameterizedTest
  @EnumSource
  void aesGcm(Cryptography cryptography) throws Exception {
    cryptography.doing(WycheproofTest::aesGcm);
  }

  @ParameterizedTest
  @EnumSource
  void hkdf(Cryptography cryptography) throws Exception {
    cryptography.doing(WycheproofTest::hkdf);
  }

  @ParameterizedTest
  @EnumSource
  void aesKeyWrap(Cryptography cryptography) throws Exception {
    cryptography.doing(WycheproofTest::aesKeyWrap);
  }

  private static void aesGcm() throws Exception {
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
              ByteBuffer out = ByteBuffer.allocateDirect(sealed.length);
              AesGcm.seal(secret, iv, hex(test, "aad"), direct(hex(test, "msg")), out);
              assertThat(out.flip()).isEqualTo(ByteBuffer.wrap(sealed));
              ByteBuffer back = ByteBuffer.allocateDirect(sealed.length);
              AesGcm.open(secret, iv, hex(test, "aad"), direct(sealed), back);
              assertThat(back.flip()).isEqualTo(ByteBuffer.wrap(hex(test, "msg")));
            } else {
              assertThatThrownBy(() -> AesGcm.open(secret, iv, hex(test, "aad"), sealed))
                  .isInstanceOf(AEADBadTagException.class);
              ByteBuffer out = ByteBuffer.allocateDirect(sealed.length);
              assertThatThrownBy(
                      () -> AesGcm.open(secret, iv, hex(test, "aad"), direct(sealed), out))
                  .isInstanceOf(AEADBadTagException.class);
            }
          } catch (AEADBadTagException e) {
            throw new AssertionError(name(test), e);
          }
        });
    assertThat(used[0]).as("cases that apply").isGreaterThan(50);
  }

  private static void hkdf() throws Exception {
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

  private static void aesKeyWrap() throws Exception {
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

  private static boolean valid(JsonNode test) {
    return test.get("result").stringValue().equals("valid");
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).stringValue());
  }

  /** Outside of the heap, as large state is. */
  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
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
