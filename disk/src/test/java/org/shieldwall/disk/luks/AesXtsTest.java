package org.shieldwall.disk.luks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AesXtsTest {
  private static final HexFormat HEX = HexFormat.of();

  /** The key of IEEE 1619's vectors 10 to 14: digits of e, then of pi. */
  private static final byte[] KEY =
      HEX.parseHex(
          "2718281828459045235360287471352662497757247093699959574966967627"
              + "3141592653589793238462643383279502884197169399375105820974944592");

  /** Vectors 10 to 14, 512 bytes each; all of the ciphertext is held by its hash. */
  @ParameterizedTest
  @CsvSource({
    "ff,1c3b3a102f770386e4836c99e370cf9b,c4f36ffda9fcea70b9c6e693e148c151,"
        + "e97e974fa393af794f7a4684395814cf820de60a01eaec677d87b452e316b364",
    "ffff,77a31251618a15e6b92d1d66dffe7b50,a4f9e27b42af8100cb9d59cef9645803,"
        + "def4fad29e95dfe1a24b1ad4620f86d7be094cced5b19e0b121aa82d9e6baf98",
    "ffffff,e387aaa58ba483afa7e8eb469778317e,2263a1eef52dd6888c309f5a7d712826,"
        + "8bf44861a081dd660d91ce615b5cdfb4d5df9d72c3025c12e67cc0ae097fa5d5",
    "ffffffff,bf53d2dade78e822a4d949a9bc6766b0,4c82f335abb152c4a93411373aaa8220,"
        + "c706140a11affda7402234f5e6331eacbfeb687d8e80d83962691823bb3636f0",
    "ffffffffff,64497e5a831e4a932c09be3e5393376d,d609d273ad5b0d59631c531f6a0a57b9,"
        + "afba71abc4e95b186d89a63a5437c1bafcfd1a18ca273970c534aba4f8d05282"
  })
  void givenIeee1619VectorsWhenEncryptedThenTheCiphertextIsTheirs(
      String sector, String first, String last, String hash) throws Exception {
    byte[] plaintext = new byte[512];
    for (int i = 0; i < plaintext.length; i++) {
      plaintext[i] = (byte) i;
    }
    byte[] out = new byte[512];

    AesXts.encrypting(KEY, 512)
        .transform(HexFormat.fromHexDigitsToLong(sector), plaintext, 0, out, 0, 512);

    assertThat(HEX.formatHex(out, 0, 16)).isEqualTo(first);
    assertThat(HEX.formatHex(out, 496, 512)).isEqualTo(last);
    assertThat(HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(out))).isEqualTo(hash);
  }

  @ParameterizedTest
  @CsvSource({"512, 512", "512, 196608", "4096, 4096", "4096, 69632", "4096, 1048576"})
  void givenManySectorsWhenEncryptedAtOnceThenItIsAsOneByOneAndComesBack(int size, int length) {
    byte[] plaintext = new byte[length];
    new Random(1).nextBytes(plaintext);
    byte[] atOnce = new byte[length];
    byte[] oneByOne = new byte[length];
    AesXts cipher = AesXts.encrypting(KEY, size);

    cipher.transform(1000, plaintext, 0, atOnce, 0, length);
    for (int at = 0; at < length; at += size) {
      cipher.transform(1000 + at / 512, plaintext, at, oneByOne, at, size);
    }
    byte[] back = atOnce.clone();
    AesXts.decrypting(KEY, size).transform(1000, back, 0, back, 0, length);

    assertThat(atOnce).isEqualTo(oneByOne).isNotEqualTo(plaintext);
    assertThat(back).isEqualTo(plaintext);
  }

  @Test
  void givenAWrongKeyOrSectorSizeOrLengthWhenUsedThenItIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> AesXts.encrypting(new byte[32], 512));
    assertThatIllegalArgumentException().isThrownBy(() -> AesXts.encrypting(KEY, 1024));
    AesXts cipher = AesXts.encrypting(KEY, 512);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cipher.transform(0, new byte[600], 0, new byte[600], 0, 600));
  }
}
