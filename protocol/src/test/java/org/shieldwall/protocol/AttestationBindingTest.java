package org.shieldwall.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.Bytes;

class AttestationBindingTest {
  private static Bytes filled(int value) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) value);
    return Bytes.of(bytes);
  }

  @Test
  void givenNonceAndEnclave_whenBound_thenItIsTheDocumentedHash() throws Exception {
    MessageDigest expected = MessageDigest.getInstance("SHA-256");
    expected.update("shieldwall attestation v1".getBytes(StandardCharsets.US_ASCII));
    expected.update((byte) 0);
    expected.update(filled(1).toArray());
    expected.update(filled(2).toArray());

    assertThat(AttestationBinding.extraData(filled(1), filled(2)))
        .isEqualTo(Bytes.of(expected.digest()));
    assertThat(AttestationBinding.extraData(filled(2), filled(1)))
        .isNotEqualTo(AttestationBinding.extraData(filled(1), filled(2)));
  }

  @Test
  void givenAnEnclave_whenMeasured_thenItsPcrIsOneExtensionOfZero() throws Exception {
    MessageDigest expected = MessageDigest.getInstance("SHA-256");
    expected.update(new byte[32]);
    expected.update(filled(2).toArray());
    assertThat(AttestationBinding.enclavePcr(filled(2))).isEqualTo(Bytes.of(expected.digest()));
  }

  @Test
  void givenAnotherLength_whenBound_thenItIsRefused() {
    Bytes shorter = filled(1).slice(0, 31);
    assertThatThrownBy(() -> AttestationBinding.extraData(shorter, filled(2)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AttestationBinding.enclavePcr(shorter))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
