package org.shieldwall.protector.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

class MigrationKeyTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final SecretArena ARENA = SecretArena.plain();

  private final SecretBytes migration = SecretBytes.random(ARENA, 32, RANDOM);
  private final byte[] nonce = new byte[32];
  private final MigrationKey source = MigrationKey.generate(RANDOM);
  private final MigrationKey target = MigrationKey.generate(RANDOM);

  private SecretBytes atTarget(SecretBytes key, byte[] other, byte[] fresh) throws Exception {
    return target.root(key, other, fresh, true, ARENA);
  }

  private SecretBytes atSource() throws Exception {
    return source.root(migration, target.publicKey(), nonce, false, ARENA);
  }

  @Test
  void givenBothParts_whenEachSideDerives_thenTheRootIsTheSame() throws Exception {
    assertThat(atSource().sameAs(atTarget(migration, source.publicKey(), nonce))).isTrue();
  }

  @Test
  void givenAnotherKeyNonceOrPart_whenDerived_thenTheRootIsAnother() throws Exception {
    byte[] another = nonce.clone();
    another[0] = 1;
    SecretBytes foreign = SecretBytes.random(ARENA, 32, RANDOM);
    SecretBytes root = atSource();
    assertThat(root.sameAs(atTarget(foreign, source.publicKey(), nonce))).isFalse();
    assertThat(root.sameAs(atTarget(migration, source.publicKey(), another))).isFalse();
    byte[] third = MigrationKey.generate(RANDOM).publicKey();
    assertThat(root.sameAs(atTarget(migration, third, nonce))).isFalse();
    // Both sides as the same side: the parts have their places.
    assertThat(root.sameAs(target.root(migration, source.publicKey(), nonce, false, ARENA)))
        .isFalse();
  }

  // Points of small order (RFC 7748, section 6.1): the shared secret would be known to everybody.
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void givenAPointOfSmallOrder_whenDerived_thenItIsRefused(int u) {
    byte[] point = new byte[32];
    point[0] = (byte) u;
    assertThatThrownBy(() -> atTarget(migration, point, nonce)).isInstanceOf(StateException.class);
  }

  @Test
  void givenTheHighestBitSet_whenDerived_thenItDoesNotCount() throws Exception {
    byte[] high = source.publicKey();
    high[31] |= (byte) 0x80;
    byte[] plain = source.publicKey();
    plain[31] &= 0x7f;
    // The place of the key in the derivation is as it was sent, so only the exchange is the same.
    assertThat(atTarget(migration, plain, nonce).sameAs(atTarget(migration, high, nonce)))
        .isFalse();
    assertThat(target.toString()).isEqualTo("MigrationKey");
  }
}
