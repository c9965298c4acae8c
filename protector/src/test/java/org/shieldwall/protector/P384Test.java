package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.refused;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPrivateKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.Cryptography;
import org.shieldwall.protector.secret.Wycheproof;

class P384Test {
  /** SubjectPublicKeyInfo of an uncompressed point on the named curve, up to the point. */
  private static final byte[] SPKI_PREFIX =
      HexFormat.of().parseHex("3076301006072a8648ce3d020106052b81040022036200");

  /** Wycheproof's keys are SubjectPublicKeyInfo; a JWK or a key set has the bare point. */
  @ParameterizedTest
  @EnumSource
  void agreesAsWycheproofSays(Cryptography cryptography) throws Exception {
    cryptography.doing(P384Test::agreesAsWycheproofSays);
  }

  private static void agreesAsWycheproofSays() throws Exception {
    int[] accepted = {0};
    Wycheproof.each(
        "ecdh_secp384r1_test.json",
        (group, test) -> {
          String label = "tcId " + test.get("tcId") + " " + test.get("comment");
          String result = test.get("result").stringValue();
          byte[] spki = HexFormat.of().parseHex(test.get("public").stringValue());
          boolean plain =
              spki.length == SPKI_PREFIX.length + P384.POINT_BYTES
                  && Arrays.equals(spki, 0, 23, SPKI_PREFIX, 0, 23);
          if (!plain) {
            return;
          }
          byte[] point = Arrays.copyOfRange(spki, SPKI_PREFIX.length, spki.length);
          ECPublicKey other;
          try {
            other = P384.decode(point, "vector");
          } catch (ProtectorException e) {
            assertThat(e.code()).isEqualTo(Code.INVALID_KEY);
            assertThat(result).as(label).isNotEqualTo("valid");
            return;
          }
          assertThat(result).as(label).isIn("valid", "acceptable");
          PrivateKey key = privateKey(new BigInteger(test.get("private").stringValue(), 16));
          assertThat(P384.agree(key, other))
              .as(label)
              .isEqualTo(HexFormat.of().parseHex(test.get("shared").stringValue()));
          accepted[0]++;
        });
    assertThat(accepted[0]).isGreaterThan(500);
  }

  @Test
  void pointSurvivesItsTexts() throws Exception {
    for (int i = 0; i < 20; i++) {
      ECPublicKey key = (ECPublicKey) P384.generate(RANDOM).getPublic();
      assertThat(P384.decode(P384.encode(key), "point").getW()).isEqualTo(key.getW());
      assertThat(P384.fromJwk(Json.of(P384.toJwk(key), "jwk")).getW()).isEqualTo(key.getW());
    }
  }

  @Test
  void pointsOffTheCurveOrInAnotherFormAreRefused() {
    byte[] point = P384.encode((ECPublicKey) P384.generate(RANDOM).getPublic());
    byte[] off = point.clone();
    off[96] ^= 1;
    refused(Code.INVALID_KEY, () -> P384.decode(off, "point"));
    byte[] compressed = point.clone();
    compressed[0] = 2;
    refused(Code.INVALID_KEY, () -> P384.decode(compressed, "point"));
    refused(Code.INVALID_KEY, () -> P384.decode(Arrays.copyOf(point, 96), "point"));
    refused(Code.INVALID_KEY, () -> P384.decode(new byte[] {0}, "infinity"));
    byte[] zero = new byte[97];
    zero[0] = 4;
    refused(Code.INVALID_KEY, () -> P384.decode(zero, "point"));
    byte[] large = new byte[97];
    Arrays.fill(large, (byte) 0xFF);
    large[0] = 4;
    refused(Code.INVALID_KEY, () -> P384.decode(large, "point"));
  }

  @Test
  void signaturesOfZeroAreRefused() {
    KeyPair pair = P384.generate(RANDOM);
    ECPublicKey key = (ECPublicKey) pair.getPublic();
    byte[] message = {1, 2, 3};
    byte[] signature = P384.sign(message, pair.getPrivate(), RANDOM);

    assertThat(signature).hasSize(96);
    assertThat(P384.verifies(message, signature, key)).isTrue();
    assertThat(P384.verifies(new byte[] {1, 2, 4}, signature, key)).isFalse();
    assertThat(P384.verifies(message, new byte[96], key)).isFalse();
    assertThat(P384.verifies(message, Arrays.copyOf(signature, 95), key)).isFalse();
    assertThat(P384.verifies(message, Arrays.copyOf(signature, 97), key)).isFalse();
    byte[] ones = new byte[96];
    Arrays.fill(ones, (byte) 0xFF);
    assertThat(P384.verifies(message, ones, key)).isFalse();
  }

  private static PrivateKey privateKey(BigInteger s) {
    try {
      ECPublicKey any = (ECPublicKey) P384.generate(RANDOM).getPublic();
      return KeyFactory.getInstance("EC").generatePrivate(new ECPrivateKeySpec(s, any.getParams()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
