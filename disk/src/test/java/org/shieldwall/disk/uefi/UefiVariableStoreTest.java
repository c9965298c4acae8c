package org.shieldwall.disk.uefi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

class UefiVariableStoreTest {
  private static final EfiGuid VENDOR = EfiGuid.of("5e1d0a11-0102-4304-8506-0708090a0b0c");
  private static final int FIRST = 0x64;
  private static final int DATA_SIZE = FIRST + 40;
  private static final int NAME_SIZE = FIRST + 36;
  private static final int NAME = FIRST + 60;

  private static EfiVariable variable(String name, int size) {
    byte[] data = new byte[size];
    Arrays.fill(data, (byte) 7);
    return new EfiVariable(name, VENDOR, EfiVariable.NON_VOLATILE, EfiTime.NONE, Bytes.of(data));
  }

  @Test
  void givenDebiansEmptyStore_whenReadAndWritten_thenItIsTheSame() throws Exception {
    byte[] empty = Ovmf.empty();

    UefiVariableStore store = UefiVariableStore.parse(empty);

    assertThat(store.variables()).isEmpty();
    assertThat(store.toBytes()).isEqualTo(empty);
  }

  @Test
  void givenAStoreThatFirmwareHasUsed_whenRead_thenDeletedVariablesAreGone() throws Exception {
    UefiVariableStore store = UefiVariableStore.parse(Ovmf.withVendorKeys());

    assertThat(store.variables())
        .extracting(EfiVariable::name)
        .contains("PK", "KEK", "db", "dbx", "SecureBootEnable", "Boot0000")
        .doesNotHaveDuplicates();
    assertThat(store.variable("SecureBootEnable", EfiGuid.GLOBAL_VARIABLE)).isEmpty();
    EfiVariable platformKey = store.variable("PK", EfiGuid.GLOBAL_VARIABLE).orElseThrow();
    assertThat(platformKey.attributes()).isEqualTo(0x27);
    assertThat(platformKey.time().year()).isBetween(2015, 2030);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 4096})
  void givenVariablesOfAnySize_whenWrittenAndRead_thenTheyAreTheSame(int size) throws Exception {
    EfiVariable first = variable("First", size);
    EfiVariable second = variable("Ä", size + 1);
    UefiVariableStore store = UefiVariableStore.parse(Ovmf.empty()).with(first).with(second);

    assertThat(UefiVariableStore.parse(store.toBytes()).variables()).containsExactly(first, second);
  }

  @Test
  void givenAVariable_whenReplacedAndRemoved_thenOnlyTheLastCounts() throws Exception {
    UefiVariableStore empty = UefiVariableStore.parse(Ovmf.empty());
    UefiVariableStore store = empty.with(variable("A", 1)).with(variable("A", 2));

    assertThat(store.variables()).containsExactly(variable("A", 2));
    assertThat(store.without("A", VENDOR).toBytes()).isEqualTo(empty.toBytes());
    assertThat(store.without("A", EfiGuid.GLOBAL_VARIABLE).variables()).hasSize(1);
  }

  @Test
  void givenAFullStore_whenOneMoreByteIsWritten_thenItIsRefused() throws Exception {
    UefiVariableStore empty = UefiVariableStore.parse(Ovmf.empty());
    int room = 0x3ffb8 - 28 - 60 - 4;
    UefiVariableStore full = empty.with(variable("A", room));

    assertThat(UefiVariableStore.parse(full.toBytes()).variables()).hasSize(1);
    assertThatExceptionOfType(VariableStoreFullException.class)
        .isThrownBy(() -> empty.with(variable("A", room + 1)))
        .withMessageContaining("has 262044");
  }

  @Test
  void givenAVariableBeingReplaced_whenItsSuccessorIsNotComplete_thenTheOldOneCounts()
      throws Exception {
    byte[] image = UefiVariableStore.parse(Ovmf.empty()).with(variable("A", 4)).toBytes();
    image[FIRST + 2] = 0x3E; // added, in deleted transition

    assertThat(UefiVariableStore.parse(image).variables()).containsExactly(variable("A", 4));
  }

  @ParameterizedTest
  @ValueSource(ints = {0x3D, 0x3C, 0x7F})
  void givenAVariableDeletedOrNeverCompleted_whenRead_thenItIsSteppedOver(int state)
      throws Exception {
    byte[] image =
        UefiVariableStore.parse(Ovmf.empty())
            .with(variable("A", 5))
            .with(variable("B", 4))
            .toBytes();
    image[FIRST + 2] = (byte) state;

    assertThat(UefiVariableStore.parse(image).variables()).containsExactly(variable("B", 4));
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource({
    "16, 0, FileSystemGuid",
    "32, 1, FvLength",
    "40, 0, Signature _FVH",
    "44, 0, words of the header",
    "48, 1, HeaderLength",
    "50, 1, words of the header",
    "72, 0, authenticated variables",
    "88, 255, a formatted and healthy store",
    "92, 0, a formatted and healthy store",
    "93, 0, a formatted and healthy store",
  })
  void givenAnAlteredHeader_whenRead_thenItIsRefusedByName(int offset, int value, String expected)
      throws Exception {
    byte[] image = Ovmf.empty();
    image[offset] = (byte) value;
    if (offset == 88) {
      ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putInt(88, image.length);
      expected = "a store inside the volume";
    }

    String wanted = expected;
    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> UefiVariableStore.parse(image))
        .satisfies(refusal -> assertThat(refusal.expected()).contains(wanted));
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource({
    FIRST + ", 0x1234, StartId",
    NAME_SIZE + ", 3, a name",
    NAME_SIZE + ", 0, a name",
    NAME_SIZE + ", 0x7fffffff, a name",
    NAME_SIZE + ", 2, a name",
    DATA_SIZE + ", 0, content",
    DATA_SIZE + ", 0x7fffffff, bytes of Data",
    DATA_SIZE + ", 0xffffffff, bytes of Data",
    NAME + ", 0, a name that ends",
  })
  void givenAnAlteredVariable_whenRead_thenItIsRefusedByName(
      int offset, String value, String expected) throws Exception {
    byte[] image = UefiVariableStore.parse(Ovmf.empty()).with(variable("AB", 4)).toBytes();
    ByteBuffer.wrap(image)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(offset, Long.decode(value).intValue());

    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> UefiVariableStore.parse(image))
        .satisfies(refusal -> assertThat(refusal.expected()).contains(expected));
  }

  @Test
  void givenAVariableTwice_whenRead_thenItIsRefused() throws Exception {
    byte[] image =
        UefiVariableStore.parse(Ovmf.empty())
            .with(variable("A", 4))
            .with(variable("B", 4))
            .toBytes();
    image[FIRST + 68 + 60] = 'A';

    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> UefiVariableStore.parse(image))
        .withMessageContaining("each variable once");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 71, 72, 99, 100, 540671})
  void givenATruncatedImage_whenRead_thenItIsRefused(int length) throws Exception {
    byte[] image = Arrays.copyOf(Ovmf.empty(), length);

    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> UefiVariableStore.parse(image));
  }

  @Test
  void givenAnImageOfAnyLength_whenTooLarge_thenItIsRefusedBeforeItIsRead() {
    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> UefiVariableStore.parse(new byte[(16 << 20) + 1]))
        .withMessageContaining("at most 16777216 bytes");
  }

  @Test
  void givenGenuineImagesDamagedAtRandom_whenRead_thenTheyAreReadOrRefusedNeverMore()
      throws Exception {
    byte[] genuine = Ovmf.withVendorKeys();
    long seed = System.nanoTime();
    System.out.println("UEFI variable stores damaged with seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      byte[] image = genuine.clone();
      for (int damage = 0; damage <= round % 4; damage++) {
        image[random.nextInt(0x6000)] = (byte) random.nextInt();
      }
      try {
        SecureBootPolicy.enrolledIn(UefiVariableStore.parse(image));
      } catch (MalformedException refusal) {
        assertThat(refusal.offset()).isBetween(0L, (long) image.length);
      }
    }
  }

  @Test
  void givenAPolicy_whenEnrolled_thenItIsInForceAndNoVendorsKeyIsThere() throws Exception {
    Bytes certificate = Bytes.ofText("a certificate");
    SecureBootPolicy policy = SecureBootPolicy.of(List.of(certificate), List.of());

    UefiVariableStore store =
        policy.enrolInto(
            UefiVariableStore.parse(Ovmf.withVendorKeys()), LocalDateTime.of(2026, 2, 3, 4, 5, 6));
    UefiVariableStore read = UefiVariableStore.parse(store.toBytes());

    assertThat(SecureBootPolicy.enrolledIn(read)).isEqualTo(policy);
    assertThat(policy.allowed().signatures())
        .extracting(Signature::data)
        .containsExactly(certificate);
    for (String name : List.of("PK", "KEK")) {
      assertThat(read.variable(name, EfiGuid.GLOBAL_VARIABLE).orElseThrow().attributes())
          .isEqualTo(0x27);
    }
    EfiVariable allowed = read.variable("db", EfiGuid.IMAGE_SECURITY_DATABASE).orElseThrow();
    assertThat(allowed.time()).isEqualTo(new EfiTime(2026, 2, 3, 4, 5, 6));
    assertThat(value(read, "SecureBootEnable")).isEqualTo(Bytes.ofHex("01"));
    assertThat(value(read, "CustomMode")).isEqualTo(Bytes.ofHex("00"));
  }

  private static Bytes value(UefiVariableStore store, String name) {
    return store.variables().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow()
        .data();
  }
}
