package org.shieldwall.enclave.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

class SealedVariablesTest {
  private static final UUID VM = new UUID(1, 2);
  private final SecureRandom random = new SecureRandom();
  private final SecretBytes key = SecretBytes.random(SecretArena.plain(), 32, random);
  private final byte[] image = new byte[1000];
  private final byte[] file = SealedVariables.seal(image, key, VM, 3, random);

  @Test
  void givenASealedImageWhenOpenedForTheSameVmAndGenerationThenItIsTheImage() throws Exception {
    assertThat(SealedVariables.open(file, key, VM, 3)).isEqualTo(image);
  }

  @Test
  void givenAnotherVmGenerationOrKeyWhenOpenedThenItIsRefused() {
    SecretBytes other = SecretBytes.random(SecretArena.plain(), 32, random);
    assertThatThrownBy(() -> SealedVariables.open(file, key, new UUID(1, 3), 3))
        .isInstanceOf(AlteredException.class);
    assertThatThrownBy(() -> SealedVariables.open(file, key, VM, 2))
        .isInstanceOf(AlteredException.class);
    assertThatThrownBy(() -> SealedVariables.open(file, other, VM, 3))
        .isInstanceOf(AlteredException.class);
  }

  @Test
  void givenAnyAlteredByteOrLengthWhenOpenedThenItIsRefused() {
    for (int i = 0; i < file.length; i += 7) {
      byte[] altered = file.clone();
      altered[i] ^= 1;
      assertThatThrownBy(() -> SealedVariables.open(altered, key, VM, 3))
          .isInstanceOf(AlteredException.class);
    }
    for (int length : new int[] {0, 5, 33, 34, file.length - 1}) {
      byte[] cut = java.util.Arrays.copyOf(file, length);
      assertThatThrownBy(() -> SealedVariables.open(cut, key, VM, 3))
          .isInstanceOf(AlteredException.class);
    }
  }
}
