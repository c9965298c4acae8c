package org.shieldwall.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Exact bytes against another implementation's, with a random source of zeros. */
class CredentialMakerTest {
  private static final SecureRandom ZEROS =
      new SecureRandom() {
        private static final long serialVersionUID = 1L;

        @Override
        public void nextBytes(byte[] bytes) {
          java.util.Arrays.fill(bytes, (byte) 0);
        }
      };

  @Test
  void givenARandomSourceOfZerosThenTheBytesAreTheOtherImplementations() throws Exception {
    JsonNode vector = Vectors.json("credentials/make-credential.json");
    TpmName name =
        TpmName.digest(TpmHash.SHA256, base64(vector.get("ak_name").get("digest_base64")));
    byte[] secret = base64(vector.get("secret_base64")).toArray();
    CredentialMaker maker = new CredentialMaker(ZEROS, CredentialMakerTest::ephemeral);
    int checked = 0;
    for (JsonNode each : vector.get("cases")) {
      PublicKey key =
          PemPublicKey.parse(
              each.get("ek_public_pem").asString().getBytes(StandardCharsets.US_ASCII));

      assertThat(maker.make(key, name, secret).marshal())
          .as(each.get("ek").asString())
          .isEqualTo(base64(each.get("expected_idobject_and_secret_base64")));
      checked++;
    }
    assertThat(checked).isEqualTo(2);
  }

  @Test
  void givenAnEndorsementKeyOfAnotherKindThenItIsRefused() throws Exception {
    KeyPairGenerator p384 = KeyPairGenerator.getInstance("EC");
    p384.initialize(new ECGenParameterSpec("secp384r1"));
    KeyPairGenerator rsa1024 = KeyPairGenerator.getInstance("RSA");
    rsa1024.initialize(1024);
    CredentialMaker maker = new CredentialMaker(new SecureRandom());
    TpmName name = TpmName.digest(TpmHash.SHA256, Bytes.zeros(32));
    for (KeyPairGenerator each : new KeyPairGenerator[] {p384, rsa1024}) {
      PublicKey key = each.generateKeyPair().getPublic();
      assertThatThrownBy(() -> maker.make(key, name, new byte[32]))
          .isInstanceOf(MalformedException.class)
          .hasMessageContaining("RSA-2048 or P-256");
    }
  }

  @Test
  void givenASecretThatNoDigestCouldHoldThenItIsRefused() throws Exception {
    KeyPairGenerator p256 = KeyPairGenerator.getInstance("EC");
    p256.initialize(new ECGenParameterSpec("secp256r1"));
    PublicKey key = p256.generateKeyPair().getPublic();
    CredentialMaker maker = new CredentialMaker(new SecureRandom());
    TpmName name = TpmName.digest(TpmHash.SHA256, Bytes.zeros(32));
    for (int length : new int[] {0, 33}) {
      assertThatThrownBy(() -> maker.make(key, name, new byte[length]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Go's key generation turns 32 zero bytes into this scalar: it XORs 0x42 into the second one. */
  private static KeyPair ephemeral(ECParameterSpec curve)
      throws java.security.GeneralSecurityException {
    BigInteger scalar = BigInteger.valueOf(0x42).shiftLeft(8 * 30);
    KeyFactory factory = KeyFactory.getInstance("EC");
    return new KeyPair(
        factory.generatePublic(new ECPublicKeySpec(times(scalar, curve), curve)),
        factory.generatePrivate(new ECPrivateKeySpec(scalar, curve)));
  }

  /** Double and add, for test scalars only. */
  private static ECPoint times(BigInteger scalar, ECParameterSpec curve) {
    ECPoint sum = ECPoint.POINT_INFINITY;
    for (int bit = scalar.bitLength() - 1; bit >= 0; bit--) {
      sum = add(sum, sum, curve);
      if (scalar.testBit(bit)) {
        sum = add(sum, curve.getGenerator(), curve);
      }
    }
    return sum;
  }

  private static ECPoint add(ECPoint left, ECPoint right, ECParameterSpec curve) {
    if (left.equals(ECPoint.POINT_INFINITY)) {
      return right;
    }
    BigInteger p = ((java.security.spec.ECFieldFp) curve.getCurve().getField()).getP();
    BigInteger slope =
        left.equals(right)
            ? left.getAffineX()
                .pow(2)
                .multiply(BigInteger.valueOf(3))
                .add(curve.getCurve().getA())
                .multiply(left.getAffineY().shiftLeft(1).modInverse(p))
            : right
                .getAffineY()
                .subtract(left.getAffineY())
                .multiply(right.getAffineX().subtract(left.getAffineX()).modInverse(p));
    BigInteger x = slope.pow(2).subtract(left.getAffineX()).subtract(right.getAffineX()).mod(p);
    BigInteger y = slope.multiply(left.getAffineX().subtract(x)).subtract(left.getAffineY()).mod(p);
    return new ECPoint(x, y);
  }

  private static Bytes base64(JsonNode node) {
    return Bytes.of(Base64.getDecoder().decode(node.asString()));
  }
}
