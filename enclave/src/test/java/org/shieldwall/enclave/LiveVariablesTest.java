package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.state.DurableFiles;
import org.shieldwall.enclave.state.SealedVariables;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

class LiveVariablesTest {
  private static final int SIZE = 528 << 10;
  private static final UUID VM = new UUID(4, 7);

  private final SecureRandom random = new SecureRandom();
  private final byte[] image = new byte[SIZE];
  private final SecretBytes egress = SecretBytes.random(SecretArena.plain(), 32, random);

  @TempDir Path folder;
  private Path file;
  private LiveVariables variables;

  @BeforeEach
  void start() throws Exception {
    random.nextBytes(image);
    file = folder.resolve("uefi.vars");
    variables = new LiveVariables(image, file, VM, 3, egress, random);
  }

  @AfterEach
  void end() {
    variables.close();
    egress.close();
  }

  /** Writes as the worker does: into the file that it has open. */
  private void write(int at, byte value) throws Exception {
    try (RandomAccessFile open =
        new RandomAccessFile(variables.descriptor().path().toFile(), "rw")) {
      open.seek(at);
      open.write(value);
    }
  }

  private byte[] kept() throws Exception {
    try (SecretBytes key = egress.derive(KeyLabel.UEFI_VARIABLES)) {
      return SealedVariables.open(DurableFiles.read(file, SealedVariables.MAX_FILE), key, VM, 3);
    }
  }

  @Test
  void givenNoChangeWhenSavedThenNothingIsWritten() throws Exception {
    assertThat(variables.save()).isFalse();
    assertThat(file).doesNotExist();
  }

  @Test
  void givenAnyByteChangedWhenSavedThenThatIsKeptOnceAndNotTwice() throws Exception {
    for (int at : new int[] {0, 4096, SIZE - 1}) {
      image[at] ^= 0x55;
      write(at, image[at]);
      assertThat(variables.save()).as("byte %s", at).isTrue();
      assertThat(kept()).isEqualTo(image);
      assertThat(variables.save()).isFalse();
    }
  }

  @Test
  void givenAByteChangedBackWhenSavedThenTheFileFollows() throws Exception {
    write(100, (byte) (image[100] ^ 1));
    assertThat(variables.save()).isTrue();
    write(100, image[100]);
    assertThat(variables.save()).isTrue();
    assertThat(kept()).isEqualTo(image);
  }

  @Test
  void givenAWorkerThatChangesTheSizeWhenSavedThenNothingIsKeptAndNothingBreaks() throws Exception {
    write(SIZE, (byte) 1);
    assertThat(variables.save()).isFalse();
    try (RandomAccessFile open =
        new RandomAccessFile(variables.descriptor().path().toFile(), "rw")) {
      open.setLength(10);
    }
    assertThat(variables.save()).isFalse();
    assertThat(Files.exists(file)).isFalse();
  }
}
