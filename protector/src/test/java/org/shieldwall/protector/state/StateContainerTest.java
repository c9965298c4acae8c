package org.shieldwall.protector.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateException.Problem;

class StateContainerTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final UUID VM = new UUID(1, 2);
  private static final StateIdentity IDENTITY = new StateIdentity(StateKind.SAVED_MEMORY, VM, 7, 3);
  private static final int SEGMENT = 4 << 10;
  private static final int HEADER = 112;
  private static final int WHOLE = 12 + SEGMENT + 16;
  private static final int LIMIT = 1 << 20;

  private final byte[] rootBytes = bytes(32);
  private final SecretBytes root = SecretBytes.takeFrom(SecretArena.plain(), rootBytes.clone());

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private byte[] seal(byte[] content, StateIdentity identity) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (StateWriter writer =
        new StateWriter(Channels.newChannel(out), root, identity, SEGMENT, RANDOM)) {
      writer.write(ByteBuffer.wrap(content));
      writer.finish();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private byte[] open(byte[] file) throws StateException {
    return StateReader.open(file, root, IDENTITY, LIMIT);
  }

  private void assertRefused(byte[] file, Problem... problems) {
    assertThatThrownBy(() -> open(file))
        .isInstanceOfSatisfying(
            StateException.class, e -> assertThat(e.problem()).isIn((Object[]) problems));
  }

  private static byte[] cut(byte[] file, int from, int to) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(file, 0, from);
    out.write(file, to, file.length - to);
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 100_000})
  void givenContentOfAnyLengthWhenOpenedThenItIsTheContent(int length) throws Exception {
    byte[] content = bytes(length);
    byte[] file = seal(content, IDENTITY);
    assertThat(open(file)).isEqualTo(content);
    assertThat(StateReader.open(file, root, IDENTITY, length)).isEqualTo(content);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (StateReader reader =
        new StateReader(Channels.newChannel(new ByteArrayInputStream(file)), root, IDENTITY)) {
      reader.transferTo(Channels.newChannel(out), done -> {});
      reader.requireEnd();
    }
    assertThat(out.toByteArray()).isEqualTo(content);
  }

  @Test
  void givenTheSameContentTwiceWhenSealedThenNothingOfBothIsAlike() {
    byte[] content = new byte[3 * SEGMENT];
    byte[] first = seal(content, IDENTITY);
    byte[] second = seal(content, IDENTITY);
    assertThat(Arrays.copyOfRange(first, 48, first.length))
        .isNotEqualTo(Arrays.copyOfRange(second, 48, second.length));
    assertThat(Arrays.copyOfRange(first, HEADER + 12, HEADER + 100))
        .isNotEqualTo(Arrays.copyOfRange(second, HEADER + 12, HEADER + 100))
        .isNotEqualTo(Arrays.copyOfRange(first, HEADER + WHOLE + 12, HEADER + WHOLE + 100));
  }

  @Test
  void givenAFileWhenReadAsTheDocumentationSaysThenItIsTheContent() throws Exception {
    byte[] content = bytes(SEGMENT + 100);
    byte[] file = seal(content, IDENTITY);
    byte[] header = Arrays.copyOf(file, 80);
    ByteBuffer expected = ByteBuffer.allocate(48);
    expected.put("SWSTAT1\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    expected.putShort((short) 1).putShort((short) 0).putInt(SEGMENT);
    expected.putLong(1).putLong(2).putLong(7).putLong(3);
    assertThat(Arrays.copyOf(header, 48)).isEqualTo(expected.array());
    byte[] label =
        "shieldwall state container".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    byte[] keys =
        KDF.getInstance("HKDF-SHA384")
            .deriveData(
                HKDFParameterSpec.ofExtract()
                    .addIKM(rootBytes)
                    .addSalt(Arrays.copyOfRange(header, 48, 80))
                    .thenExpand(
                        ByteBuffer.allocate(label.length + 80).put(label).put(header).array(), 64));
    assertThat(Arrays.copyOfRange(file, 80, HEADER)).isEqualTo(Arrays.copyOfRange(keys, 32, 64));
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    int at = HEADER;
    for (int number = 0; number < 2; number++) {
      int length = number == 0 ? SEGMENT : 100;
      byte[] head =
          ByteBuffer.allocate(12)
              .putLong(number)
              .putInt(number == 0 ? length : length | 1 << 31)
              .array();
      assertThat(Arrays.copyOfRange(file, at, at + 12)).isEqualTo(head);
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(
          Cipher.DECRYPT_MODE,
          new SecretKeySpec(keys, 0, 32, "AES"),
          new GCMParameterSpec(128, ByteBuffer.allocate(12).putInt(0).putLong(number).array()));
      cipher.updateAAD(MessageDigest.getInstance("SHA-256").digest(header));
      cipher.updateAAD(head);
      plain.write(cipher.doFinal(file, at + 12, length + 16));
      at += 12 + length + 16;
    }
    assertThat(at).isEqualTo(file.length);
    assertThat(plain.toByteArray()).isEqualTo(content);
  }

  @Test
  void givenAFileCutAnywhereThenItIsRefusedAsTruncated() {
    byte[] file = seal(bytes(2 * SEGMENT + 50), IDENTITY);
    for (int length = 0; length < file.length; length++) {
      boolean interesting =
          length < HEADER + 30 || (length - HEADER) % WHOLE < 30 || length > file.length - 80;
      if (interesting || length % 97 == 0) {
        assertRefused(Arrays.copyOf(file, length), Problem.TRUNCATED);
      }
    }
  }

  @Test
  void givenASegmentThatOnceWasTheLastWhenTheRestIsCutOffThenItIsStillRefused() {
    byte[] file = seal(bytes(2 * SEGMENT), IDENTITY);
    byte[] cut = Arrays.copyOf(file, HEADER + WHOLE);
    assertRefused(cut, Problem.TRUNCATED);
    cut[HEADER + 8] |= (byte) 0x80; // the last bit of the first segment
    assertRefused(cut, Problem.ALTERED);
  }

  @Test
  void givenAnyBitFlippedThenItIsRefused() {
    byte[] file = seal(bytes(SEGMENT + 50), IDENTITY);
    Random places = new Random(5);
    for (int at = 0; at < file.length; at++) {
      if (at < HEADER + 40 || (at >= HEADER + WHOLE - 20) || at % 61 == 0) {
        byte[] flipped = file.clone();
        flipped[at] ^= (byte) (1 << places.nextInt(8));
        assertThatThrownBy(() -> open(flipped)).as("byte " + at).isInstanceOf(StateException.class);
      }
    }
    byte[] salt = file.clone();
    salt[60] ^= 1;
    assertRefused(salt, Problem.FOREIGN_KEY);
    byte[] commitment = file.clone();
    commitment[90] ^= 1;
    assertRefused(commitment, Problem.FOREIGN_KEY);
    byte[] content = file.clone();
    content[HEADER + 12 + 5] ^= 1;
    assertRefused(content, Problem.ALTERED);
    byte[] magic = file.clone();
    magic[0] ^= 1;
    assertRefused(magic, Problem.NOT_A_CONTAINER);
  }

  @Test
  void givenSegmentsExchangedRepeatedOrLeftOutThenItIsRefusedAsOutOfOrder() {
    byte[] file = seal(bytes(3 * SEGMENT + 50), IDENTITY);
    int second = HEADER + WHOLE;
    byte[] exchanged = file.clone();
    System.arraycopy(file, second, exchanged, HEADER, WHOLE);
    System.arraycopy(file, HEADER, exchanged, second, WHOLE);
    assertRefused(exchanged, Problem.OUT_OF_ORDER);
    byte[] repeated = file.clone();
    System.arraycopy(file, HEADER, repeated, second, WHOLE);
    assertRefused(repeated, Problem.OUT_OF_ORDER);
    assertRefused(cut(file, HEADER, second), Problem.OUT_OF_ORDER);
    assertRefused(cut(file, second, second + WHOLE), Problem.OUT_OF_ORDER);
    // The number itself exchanged too: it is authenticated.
    System.arraycopy(file, HEADER, exchanged, HEADER, 12);
    assertRefused(exchanged, Problem.ALTERED);
  }

  @Test
  void givenASegmentOfAnotherFileOfTheSameVmAndGenerationThenItIsRefused() {
    byte[] file = seal(bytes(2 * SEGMENT), IDENTITY);
    byte[] other = seal(bytes(2 * SEGMENT), IDENTITY);
    byte[] mixed = file.clone();
    System.arraycopy(other, HEADER + WHOLE, mixed, HEADER + WHOLE, WHOLE);
    assertRefused(mixed, Problem.ALTERED);
    System.arraycopy(other, 0, mixed, 0, HEADER);
    assertRefused(mixed, Problem.ALTERED);
  }

  @Test
  void givenAnythingAppendedThenItIsRefused() {
    byte[] file = seal(bytes(100), IDENTITY);
    assertRefused(Arrays.copyOf(file, file.length + 1), Problem.APPENDED);
    byte[] twice = Arrays.copyOf(file, 2 * file.length);
    System.arraycopy(file, 0, twice, file.length, file.length);
    assertRefused(twice, Problem.APPENDED);
  }

  @Test
  void givenAFileOfAnotherVmKindGenerationOrSequenceThenItIsRefusedByThatName() {
    byte[] content = bytes(10);
    StateKind kind = IDENTITY.kind();
    assertRefused(seal(content, new StateIdentity(kind, new UUID(1, 3), 7, 3)), Problem.OTHER_VM);
    assertRefused(seal(content, new StateIdentity(kind, VM, 6, 3)), Problem.OLD);
    assertRefused(seal(content, new StateIdentity(kind, VM, 8, 3)), Problem.LATER);
    assertRefused(seal(content, new StateIdentity(kind, VM, 7, 2)), Problem.OLD);
    assertRefused(seal(content, new StateIdentity(kind, VM, 7, 4)), Problem.LATER);
    assertRefused(
        seal(content, new StateIdentity(StateKind.REPLICA, VM, 7, 3)), Problem.OTHER_KIND);
  }

  @Test
  void givenAHeaderRewrittenToWhatIsWantedThenTheKeyDoesNotFit() {
    byte[] wanted = seal(bytes(10), IDENTITY);
    for (StateIdentity other :
        List.of(
            new StateIdentity(StateKind.REPLICA, VM, 7, 3),
            new StateIdentity(IDENTITY.kind(), new UUID(9, 9), 7, 3),
            new StateIdentity(IDENTITY.kind(), VM, 6, 3),
            new StateIdentity(IDENTITY.kind(), VM, 7, 2))) {
      byte[] file = seal(bytes(10), other);
      System.arraycopy(wanted, 0, file, 0, 48);
      assertRefused(file, Problem.FOREIGN_KEY);
    }
  }

  @Test
  void givenAnotherKeyThenItIsRefusedBeforeAnySegment() {
    byte[] file = seal(bytes(10), IDENTITY);
    try (SecretBytes other = SecretBytes.random(SecretArena.plain(), 32, RANDOM)) {
      assertThatThrownBy(() -> StateReader.open(file, other, IDENTITY, LIMIT))
          .isInstanceOfSatisfying(
              StateException.class, e -> assertThat(e.problem()).isEqualTo(Problem.FOREIGN_KEY));
    }
  }

  @Test
  void givenMoreThanTheLimitThenItIsRefused() {
    byte[] file = seal(bytes(5000), IDENTITY);
    assertThatThrownBy(() -> StateReader.open(file, root, IDENTITY, 4999))
        .isInstanceOfSatisfying(
            StateException.class, e -> assertThat(e.problem()).isEqualTo(Problem.TOO_LARGE));
  }

  @Test
  void givenAWriterThatWasClosedUnfinishedThenWhatItWroteIsTruncated() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (StateWriter writer =
        new StateWriter(Channels.newChannel(out), root, IDENTITY, SEGMENT, RANDOM)) {
      writer.write(ByteBuffer.wrap(bytes(3 * SEGMENT)));
      writer.flush();
    }
    assertRefused(out.toByteArray(), Problem.TRUNCATED);
  }

  @Test
  void givenContentFlushedInPartsThenEachPartIsThereBeforeTheNextIsWritten() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Integer> lengths = new ArrayList<>();
    byte[] content = bytes(30);
    try (StateWriter writer =
        new StateWriter(Channels.newChannel(out), root, IDENTITY, SEGMENT, RANDOM)) {
      for (int i = 0; i < 3; i++) {
        writer.write(ByteBuffer.wrap(content, 10 * i, 10));
        writer.flush();
        writer.flush();
        lengths.add(out.size());
      }
      writer.finish();
    }
    assertThat(lengths).containsExactly(HEADER + 38, HEADER + 76, HEADER + 114);
    assertThat(open(out.toByteArray())).isEqualTo(content);
  }

  @Test
  void givenAGigabyteWhenStreamedThroughBothThenTheHeapHoldsNoneOfIt() throws Exception {
    long size = 1L << 30;
    Content content = new Content(size);
    CountingSink sink = new CountingSink();
    Runtime runtime = Runtime.getRuntime();
    System.gc();
    long before = runtime.totalMemory() - runtime.freeMemory();
    try (var pipe = new Loop(root);
        StateWriter writer = new StateWriter(pipe.in(), root, IDENTITY, RANDOM)) {
      Thread reader = pipe.reading(IDENTITY, sink);
      writer.transferFrom(content, done -> {});
      writer.finish();
      pipe.in().close();
      reader.join();
    }
    System.gc();
    assertThat(sink.count()).isEqualTo(size);
    assertThat(runtime.totalMemory() - runtime.freeMemory() - before).isLessThan(16 << 20);
  }

  @ParameterizedTest
  @EnumSource(Problem.class)
  void givenEachProblemThenItsCodeIsItsOwn(Problem problem) {
    assertThat(Arrays.stream(Problem.values()).filter(p -> p.code().equals(problem.code())))
        .containsExactly(problem);
  }
}
