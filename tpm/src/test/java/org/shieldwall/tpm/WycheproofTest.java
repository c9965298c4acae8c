package org.shieldwall.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/**
 * RSA-OAEP as {@link CredentialMaker} does it, which only encrypts: a valid case's encrypted bytes
 * must come out of its message, label and random seed. Its invalid cases are for whoever decrypts,
 * which here is a TPM.
 */
class WycheproofTest {
  private static final int HASH = 32;
  private static final String FILE = "wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json";

  /** A case of the file with its key. */
  private interface Case {
    void see(RSAPrivateCrtKey key, JsonNode test) throws Exception;
  }

  private static int eachValid(Case check) throws Exception {
    JsonNode file = Vectors.json(FILE);
    int valid = 0;
    int all = 0;
    for (JsonNode group : file.get("testGroups")) {
      RSAPrivateCrtKey key =
          (RSAPrivateCrtKey)
              KeyFactory.getInstance("RSA")
                  .generatePrivate(new PKCS8EncodedKeySpec(hex(group.get("privateKeyPkcs8"))));
      for (JsonNode each : group.get("tests")) {
        all++;
        if (each.get("result").asString().equals("valid")) {
          check.see(key, each);
          valid++;
        }
      }
    }
    assertThat(all).isEqualTo(file.get("numberOfTests").asInt());
    return valid;
  }

  /** The Corretto provider takes no randomness from its caller: there only the way back is left. */
  @ParameterizedTest
  @EnumSource
  void givenAMessageThenItComesOutAsTheCaseSays(Cryptography cryptography) throws Exception {
    cryptography.doing(() -> {
      int cases =
          eachValid((key, test) -> {
            byte[] expected = hex(test.get("ct"));
            byte[] made =
                CredentialMaker.oaep(
                    publicKey(key),
                    hex(test.get("label")),
                    hex(test.get("msg")),
                    only(seed(key, expected)));
            if (cryptography == Cryptography.JDK) {
              assertThat(made).as(name(test)).isEqualTo(expected);
            }
            assertThat(decrypt(key, hex(test.get("label")), made))
                .as(name(test))
                .isEqualTo(hex(test.get("msg")));
            byte[] other = Arrays.copyOf(hex(test.get("label")), 40);
            assertThatThrownBy(() -> decrypt(key, other, made))
                .as(name(test))
                .isInstanceOf(GeneralSecurityException.class);
          });
      assertThat(cases).isGreaterThan(15);
    });
  }

  private static RSAPublicKey publicKey(RSAPrivateCrtKey key) throws GeneralSecurityException {
    return (RSAPublicKey)
        KeyFactory.getInstance("RSA")
            .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
  }

  /** RFC 8017, section 7.1.2, steps 3b to 3e: the random seed that a ciphertext was made with. */
  private static byte[] seed(RSAPrivateCrtKey key, byte[] encrypted) throws Exception {
    BigInteger number =
        new BigInteger(1, encrypted).modPow(key.getPrivateExponent(), key.getModulus());
    int length = (key.getModulus().bitLength() + 7) / 8;
    byte[] block = PublicKeys.unsigned(number, length);
    byte[] mask = mask(Arrays.copyOfRange(block, 1 + HASH, length));
    byte[] seed = new byte[HASH];
    for (int i = 0; i < HASH; i++) {
      seed[i] = (byte) (block[1 + i] ^ mask[i]);
    }
    return seed;
  }

  /** MGF1 (section B.2.1), of which one hash is enough here. */
  private static byte[] mask(byte[] of) throws GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(of);
    digest.update(new byte[4]);
    return digest.digest();
  }

  private static SecureRandom only(byte[] seed) {
    return new SecureRandom() {
      private static final long serialVersionUID = 1L;

      @Override
      public void nextBytes(byte[] bytes) {
        assertThat(bytes).hasSize(seed.length);
        System.arraycopy(seed, 0, bytes, 0, seed.length);
      }
    };
  }

  private static byte[] decrypt(RSAPrivateCrtKey key, byte[] label, byte[] encrypted)
      throws GeneralSecurityException {
    Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
    oaep.init(
        Cipher.DECRYPT_MODE,
        key,
        new OAEPParameterSpec(
            "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, new PSource.PSpecified(label)));
    return oaep.doFinal(encrypted);
  }

  private static byte[] hex(JsonNode node) {
    return Bytes.ofHex(node.asString()).toArray();
  }

  private static String name(JsonNode test) {
    return "case " + test.get("tcId") + ": " + test.get("comment");
  }
}
