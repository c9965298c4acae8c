package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

class HiddenArenaTest {
  @Test
  void givenManySecretsWhenAllocatedAndClosedThenNoneOverlapsAndMemoryIsUsedAgain()
      throws Exception {
    HiddenArena arena = new HiddenArena();
    SecureRandom random = new SecureRandom();
    List<SecretBytes> secrets = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    for (int length = 1; length < 600; length++) {
      byte[] content = new byte[length];
      random.nextBytes(content);
      contents.add(content.clone());
      secrets.add(SecretBytes.takeFrom(arena, content));
    }
    for (int i = 0; i < secrets.size(); i++) {
      byte[] expected = contents.get(i);
      assertThat(
              secrets
                  .get(i)
                  .<byte[], RuntimeException>expose(
                      SecretAccess.because("test"), bytes -> bytes.clone()))
          .isEqualTo(expected);
    }
    secrets.forEach(SecretBytes::close);
    SecretArena.Region again = arena.allocate(599);
    assertThat(again.bytes().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThatThrownBy(() -> arena.allocate(17 << 20)).isInstanceOf(IllegalArgumentException.class);
  }
}
