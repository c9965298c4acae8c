package org.shieldwall.protector.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SecretBytesTest {
  private static final SecretAccess TEST = SecretAccess.because("a test looks");

  /** Remembers its memory after it has been given back. */
  private static final class Recording implements SecretArena {
    final List<MemorySegment> given = new ArrayList<>();
    int released;

    @Override
    public Region allocate(int length) {
      MemorySegment memory = Arena.ofAuto().allocate(length);
      given.add(memory);
      return new Region(memory, () -> released++);
    }
  }

  @Test
  void takesTheBytesAndLeavesZeros() {
    byte[] source = {1, 2, 3};
    try (SecretBytes secret = SecretBytes.takeFrom(SecretArena.plain(), source)) {
      assertThat(source).containsOnly(0);
      assertThat(secret.length()).isEqualTo(3);
      assertThat(secret.<byte[], RuntimeException>expose(TEST, byte[]::clone))
          .containsExactly(1, 2, 3);
    }
  }

  @Test
  void closingZeroesTheMemoryOnceAndEndsAllUse() {
    Recording arena = new Recording();
    SecretBytes secret = SecretBytes.random(arena, 32, new SecureRandom());
    assertThat(arena.given.getFirst().toArray(ValueLayout.JAVA_BYTE)).isNotEqualTo(new byte[32]);

    secret.close();
    secret.close();

    assertThat(arena.given.getFirst().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(arena.released).isEqualTo(1);
    assertThatThrownBy(() -> secret.expose(TEST, bytes -> 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> secret.exposeMemory(TEST, MemorySegment::byteSize))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> secret.slice(0, 1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> secret.sameAs(secret)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void copyOnTheHeapIsZeroedAfterItsUse() {
    AtomicReference<byte[]> kept = new AtomicReference<>();
    try (SecretBytes secret = secret("hunter2")) {
      secret.expose(
          TEST,
          bytes -> {
            kept.set(bytes);
            return 0;
          });
      assertThat(kept.get()).containsOnly(0);
      assertThatThrownBy(() ->
              secret.expose(
                  TEST,
                  bytes -> {
                    kept.set(bytes);
                    throw new IllegalArgumentException("use failed");
                  }))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(kept.get()).containsOnly(0);
    }
  }

  @Test
  void memoryIsReadOnlyAndHoldsTheContent() {
    try (SecretBytes secret = secret("hunter2")) {
      byte[] seen =
          secret.exposeMemory(
              TEST,
              memory -> {
                assertThat(memory.isReadOnly()).isTrue();
                return memory.toArray(ValueLayout.JAVA_BYTE);
              });
      assertThat(seen).isEqualTo("hunter2".getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void derivedKeysAndSlicesLiveInTheSameArena() {
    Recording arena = new Recording();
    try (SecretBytes secret = SecretBytes.random(arena, 32, new SecureRandom());
        SecretBytes derived = secret.derive(KeyLabel.VTPM_STATE);
        SecretBytes slice = secret.slice(8, 8)) {
      assertThat(arena.given).hasSize(3);
      assertThat(derived.length()).isEqualTo(32);
      assertThat(slice.length()).isEqualTo(8);
    }
    assertThat(arena.released).isEqualTo(3);
  }

  @Test
  void everyLabelDerivesItsOwnKeyAsTheFormatSays() {
    // Computed by another implementation: HMAC-SHA-384 twice, by hand (RFC 5869).
    byte[] material = new byte[32];
    for (int i = 0; i < material.length; i++) {
      material[i] = (byte) i;
    }
    try (SecretBytes transportKey = SecretBytes.takeFrom(SecretArena.plain(), material)) {
      assertThat(hex(transportKey, KeyLabel.KEYING_MAC)).isEqualTo(EXPECTED_KEYING_MAC);
      assertThat(hex(transportKey, KeyLabel.SHIELDING_DATA)).isEqualTo(EXPECTED_SHIELDING_DATA);
      assertThat(hex(transportKey, KeyLabel.VTPM_STATE)).isEqualTo(EXPECTED_VTPM_STATE);
      assertThat(hex(transportKey, KeyLabel.UEFI_VARIABLES)).isEqualTo(EXPECTED_UEFI_VARIABLES);
    }
  }

  @Test
  void equalityComparesContentAndLength() {
    try (SecretBytes one = secret("hunter2");
        SecretBytes same = secret("hunter2");
        SecretBytes other = secret("hunter3");
        SecretBytes longer = secret("hunter22")) {
      assertThat(one.sameAs(same)).isTrue();
      assertThat(one.sameAs(other)).isFalse();
      assertThat(one.sameAs(longer)).isFalse();
      assertThat(one).isNotEqualTo(same);
    }
  }

  @Test
  void textsSayNothingOfTheContent() {
    try (SecretBytes secret = secret("hunter2")) {
      assertThat(secret.toString()).isEqualTo("SecretBytes[7 bytes]");
    }
    EphemeralKey key = new EphemeralKey("hunter2".getBytes(StandardCharsets.UTF_8), "AES");
    assertThat(key.toString()).isEqualTo("AES key");
    key.destroy();
    assertThat(key.getEncoded()).containsOnly(0);
    assertThat(key.isDestroyed()).isTrue();
  }

  @Test
  void emptySecretsAndBrokenArenasAreRefused() {
    assertThatThrownBy(() -> SecretBytes.takeFrom(SecretArena.plain(), new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
    SecretArena broken = length -> new SecretArena.Region(Arena.global().allocate(1), () -> {});
    byte[] source = {1, 2};
    assertThatThrownBy(() -> SecretBytes.takeFrom(broken, source))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(source).containsOnly(0);
  }

  private static final String EXPECTED_KEYING_MAC =
      "31fcd3952b33e945e6fa7d930603cc03966e09d5b505d8e512a6fe8f0db25f85";
  private static final String EXPECTED_SHIELDING_DATA =
      "4a762bfda2cc770503b4cad058af4e51f85fcd86c0fe2c250e6a9bef9e1db5af";
  private static final String EXPECTED_VTPM_STATE =
      "b42d0ef6e566e3f5a2fa885cecdc7b587f8a1d9a009e3b76ad93db0de8db1077";
  private static final String EXPECTED_UEFI_VARIABLES =
      "e688903bd414562828ea7f4249d9e4fd7ac4ca4346e0add5c1e548176faa8e63";

  private static String hex(SecretBytes transportKey, KeyLabel label) {
    try (SecretBytes key = transportKey.derive(label)) {
      return key.expose(TEST, HexFormat.of()::formatHex);
    }
  }

  private static SecretBytes secret(String text) {
    return SecretBytes.takeFrom(SecretArena.plain(), text.getBytes(StandardCharsets.UTF_8));
  }
}
