package org.shieldwall.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys and signatures in other programs' formats: PEM, DER, r and s side by side. */
class OutsideKeysTest {
  private static final Bytes MESSAGE = Bytes.ofText("a message");

  /** RSA keys take long to make: one, and another, for all tests. */
  private static final Map<String, KeyPair> PAIRS = new ConcurrentHashMap<>();

  private static KeyPair pair(String curve) {
    return PAIRS.computeIfAbsent(curve, OutsideKeysTest::make);
  }

  private static KeyPair another(String curve) {
    return PAIRS.computeIfAbsent(curve + " other", ignored -> make(curve));
  }

  private static KeyPair make(String curve) {
    try {
      return generate(curve);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair generate(String curve) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(curve.isEmpty() ? "RSA" : "EC");
    if (curve.isEmpty()) {
      generator.initialize(2048);
    } else {
      generator.initialize(new ECGenParameterSpec(curve));
    }
    return generator.generateKeyPair();
  }

  private static byte[] sign(KeyPair pair, String algorithm) throws Exception {
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(pair.getPrivate());
    signature.update(MESSAGE.toArray());
    return signature.sign();
  }

  @ParameterizedTest
  @CsvSource({
    "'',        RSASSA, SHA256, SHA256withRSA",
    "'',        RSASSA, SHA1,   SHA1withRSA",
    "'',        RSASSA, SHA512, SHA512withRSA",
    "secp256r1, ECDSA,  SHA256, SHA256withECDSA",
    "secp256r1, ECDSA,  SHA256, SHA256withECDSAinP1363Format",
    "secp384r1, ECDSA,  SHA384, SHA384withECDSA",
    "secp521r1, ECDSA,  SHA512, SHA512withECDSA",
    "secp521r1, ECDSA,  SHA512, SHA512withECDSAinP1363Format"
  })
  void givenARawSignatureThenItVerifiesAndNothingElseDoes(
      String curve, TpmAlgorithm scheme, TpmHash hash, String algorithm) throws Exception {
    KeyPair pair = pair(curve);
    byte[] raw = sign(pair, algorithm);
    TpmSignature signature = TpmSignature.ofRaw(pair.getPublic(), scheme, hash, raw);

    assertThat(signature.verify(pair.getPublic(), MESSAGE)).isTrue();
    assertThat(TpmSignature.parse(signature.marshal().toArray())).isEqualTo(signature);
    assertThat(signature.verify(pair.getPublic(), Bytes.ofText("another"))).isFalse();
    assertThat(signature.verify(another(curve).getPublic(), MESSAGE)).isFalse();
    assertThat(signature.verify(pair(curve.isEmpty() ? "secp256r1" : "").getPublic(), MESSAGE))
        .isFalse();
  }

  @Test
  void givenAnyDamagedDerSignatureThenItIsMalformedOrDoesNotVerify() throws Exception {
    KeyPair pair = pair("secp256r1");
    byte[] good = sign(pair, "SHA256withECDSA");
    for (int at = 0; at < good.length; at++) {
      byte[] altered = good.clone();
      altered[at] ^= 1;
      for (byte[] each : new byte[][] {altered, java.util.Arrays.copyOf(good, at)}) {
        try {
          assertThat(
                  TpmSignature.ofRaw(pair.getPublic(), TpmAlgorithm.ECDSA, TpmHash.SHA256, each)
                      .verify(pair.getPublic(), MESSAGE))
              .isFalse();
        } catch (MalformedException expected) {
          assertThat(expected).hasMessageContaining("expected");
        }
      }
    }
  }

  @Test
  void givenNumbersOutOfRangeThenTheSignatureDoesNotVerify() throws Exception {
    PublicKey key = pair("secp256r1").getPublic();
    Bytes zero = Bytes.zeros(32);
    Bytes order = Bytes.ofHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    Bytes one = Bytes.ofHex("01");
    Bytes huge = Bytes.ofHex("ff".repeat(80));
    for (Bytes r : new Bytes[] {zero, order, one, huge, Bytes.EMPTY}) {
      for (Bytes s : new Bytes[] {zero, order, one, huge, Bytes.EMPTY}) {
        assertThat(new TpmSignature.Ecdsa(TpmHash.SHA256, r, s).verify(key, MESSAGE)).isFalse();
        assertThat(new TpmSignature.Ecdsa(TpmHash.SM3_256, r, s).verify(key, MESSAGE)).isFalse();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"''", "secp256r1", "secp384r1", "secp521r1"})
  void givenAKeyInPemThenItBecomesAPublicAreaAndBack(String curve) throws Exception {
    PublicKey key = pair(curve).getPublic();
    byte[] pem = pem(key.getEncoded());

    assertThat(PemPublicKey.looksLike(pem)).isTrue();
    PublicKey parsed = PemPublicKey.parse(pem);
    assertThat(parsed).isEqualTo(key);
    TpmPublic area = KeyTemplates.external(parsed, TpmScheme.NONE);
    assertThat(TpmPublic.parse(area.raw().toArray()).publicKey()).isEqualTo(key);
  }

  @Test
  void givenACurveThatNoTpmNamesThenItIsRefused() {
    // secp256k1: a SubjectPublicKeyInfo with OID 1.3.132.0.10.
    byte[] der =
        Bytes.ofHex(
                "3056301006072a8648ce3d020106052b8104000a034200"
                    + "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                    + "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
            .toArray();
    assertThatThrownBy(() -> PemPublicKey.parseDer(der)).isInstanceOf(MalformedException.class);
  }

  @Test
  void givenAnyDamagedKeyThenItIsAKeyOrMalformed() throws Exception {
    Random random = new Random(0x0bad_5eedL);
    for (String curve : new String[] {"", "secp256r1"}) {
      byte[] der = pair(curve).getPublic().getEncoded();
      for (int at = 0; at < der.length; at++) {
        byte[] altered = der.clone();
        altered[at] ^= (byte) (1 + random.nextInt(255));
        tolerate(altered);
        tolerate(java.util.Arrays.copyOf(der, at));
        byte[] pem = pem(der);
        pem[random.nextInt(pem.length)] ^= 0x11;
        try {
          PemPublicKey.parse(pem);
        } catch (MalformedException expected) {
          assertThat(expected).hasMessageContaining("public key");
        }
      }
    }
  }

  private static void tolerate(byte[] der) {
    try {
      PublicKey key = PemPublicKey.parseDer(der);
      KeyTemplates.external(key, TpmScheme.NONE);
    } catch (MalformedException expected) {
      assertThat(expected).hasMessageContaining("public key");
    }
  }

  private static byte[] pem(byte[] der) {
    String text =
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(der)
            + "\n-----END PUBLIC KEY-----\n";
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
