package org.shieldwall.tpm.swtpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.CreatedObject;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.TestTpm;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmObject;
import org.shieldwall.tpm.command.TpmSession;

/** A virtual TPM's state moves from one key to another; the old key opens nothing new. */
class SwtpmRekeyTest {
  private static final int INDEX = 0x01800001;
  private static final Bytes MARK = Bytes.ofText("a mark that no state file may show");
  private static final byte[] SECRET = "a volume's key".getBytes(StandardCharsets.UTF_8);
  private static final PolicyDigest POLICY = PolicyDigest.start(TpmHash.SHA256).authValue();

  @TempDir Path folder;
  private final Random random = new Random(0x7e57);

  @BeforeEach
  void requireSwtpm() {
    TestTpm.requireTool("swtpm", "swtpm");
  }

  private Path make(String name) throws IOException {
    return Files.createDirectories(folder.resolve(name));
  }

  private SwtpmOptions powered(String state) throws IOException {
    return SwtpmOptions.standalone(make(state), make("run"));
  }

  private SwtpmOptions controlled(String state) throws IOException {
    return SwtpmOptions.controlled(make(state), make("run-" + state));
  }

  private ByteBuffer key() {
    byte[] key = new byte[SwtpmProcess.KEY_SIZE];
    random.nextBytes(key);
    return ByteBuffer.allocateDirect(key.length).put(key).flip();
  }

  private CreatedObject populate(ByteBuffer key) throws Exception {
    try (SwtpmProcess process = SwtpmProcess.start(powered("old"), key);
        Tpm tpm = process.connect();
        TpmObject storage =
            tpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.storageEccP256())) {
      tpm.nv().store(INDEX, MARK, Authorization.none());
      return tpm.keys().seal(storage, POLICY, SECRET);
    }
  }

  private void rekey(ByteBuffer oldKey, ByteBuffer newKey) throws Exception {
    try (SwtpmProcess from = SwtpmProcess.start(controlled("old"), oldKey);
        SwtpmProcess to = SwtpmProcess.start(controlled("new"), newKey);
        SwtpmControl source = from.control();
        SwtpmControl target = to.control()) {
      source.init(false);
      try (SwtpmState state = source.readState(SwtpmStateKind.PERMANENT)) {
        assertThat(state.size(SwtpmStateKind.PERMANENT)).isPositive();
        target.writeState(state);
      }
      target.init(false);
    }
  }

  @Test
  void givenAStateUnderOneKeyWhenItIsRekeyedThenNvAndSealedDataAreUsable() throws Exception {
    ByteBuffer oldKey = key();
    ByteBuffer newKey = key();
    CreatedObject sealed = populate(oldKey);

    rekey(oldKey, newKey);

    try (SwtpmProcess process = SwtpmProcess.start(powered("new"), newKey);
        Tpm tpm = process.connect();
        TpmObject storage =
            tpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.storageEccP256());
        TpmObject object = tpm.keys().load(storage, sealed);
        TpmSession session = tpm.policySession(TpmHash.SHA256)) {
      assertThat(tpm.nv().read(INDEX)).isEqualTo(MARK);
      session.policyAuthValue();
      assertThat(tpm.keys().unseal(object, Authorization.session(session))).isEqualTo(SECRET);
    }
  }

  @Test
  void givenARekeyedStateThenTheOldKeyDoesNotOpenIt() throws Exception {
    ByteBuffer oldKey = key();
    ByteBuffer newKey = key();
    populate(oldKey);
    rekey(oldKey, newKey);

    assertThatThrownBy(
            () -> {
              try (SwtpmProcess process = SwtpmProcess.start(controlled("new"), oldKey);
                  SwtpmControl control = process.control()) {
                control.init(false);
              }
            })
        .isInstanceOf(SwtpmException.class)
        .hasMessageContaining("init failed");
    assertThatThrownBy(() -> SwtpmProcess.start(powered("new"), oldKey).close())
        .isInstanceOf(SwtpmException.class);
  }

  @Test
  void givenAnEncryptedStateThenNoFileShowsWhatIsInIt() throws Exception {
    populate(key());
    assertThat(statesWith(MARK)).isEmpty();
  }

  @Test
  void givenAnUnencryptedStateThenTheSameSearchFindsIt() throws Exception {
    try (SwtpmProcess process = SwtpmProcess.start(powered("plain"));
        Tpm tpm = process.connect()) {
      tpm.nv().store(INDEX, MARK, Authorization.none());
    }
    assertThat(statesWith(MARK)).isNotEmpty();
  }

  @Test
  void givenAnAlteredStateFileThenItIsRefused() throws Exception {
    ByteBuffer key = key();
    populate(key);
    Path file = folder.resolve("old/tpm2-00.permall");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    assertThatThrownBy(
            () -> {
              try (SwtpmProcess process = SwtpmProcess.start(controlled("old"), key);
                  SwtpmControl control = process.control()) {
                control.init(false);
              }
            })
        .isInstanceOf(SwtpmException.class);
  }

  @Test
  void givenARunningTpmThenItsPcrsTravelWithItsVolatileState() throws Exception {
    ByteBuffer key = key();
    SwtpmOptions from = controlled("old").withDataSocket();
    SwtpmOptions to = controlled("new").withDataSocket();
    Bytes digest = Bytes.zeros(32);
    var pcr = org.shieldwall.tpm.PcrSelection.of(TpmHash.SHA256, 16);
    try (SwtpmProcess source = SwtpmProcess.start(from, key);
        SwtpmProcess target = SwtpmProcess.start(to, key);
        SwtpmControl control = source.control();
        SwtpmControl targetControl = target.control()) {
      control.init(false);
      try (Tpm tpm = source.connect()) {
        tpm.pcrs().extend(16, java.util.Map.of(TpmHash.SHA256, digest));
        try (SwtpmState state =
            control.readState(SwtpmStateKind.PERMANENT, SwtpmStateKind.VOLATILE)) {
          targetControl.writeState(state);
        }
        targetControl.init(true);
        try (Tpm moved = target.connect()) {
          assertThat(moved.pcrs().read(pcr)).isEqualTo(tpm.pcrs().read(pcr));
          assertThat(moved.pcrs().read(pcr).value(TpmHash.SHA256, 16))
              .contains(TpmHash.SHA256.extend(Bytes.zeros(32), digest));
        }
      }
    }
  }

  @Test
  void givenATpmThatIsPoweredOnThenItTakesNoState() throws Exception {
    ByteBuffer key = key();
    populate(key);
    try (SwtpmProcess process = SwtpmProcess.start(controlled("old"), key);
        SwtpmControl control = process.control()) {
      assertThat(control.config()).isEqualTo(SwtpmControl.CONFIG_FILE_KEY);
      assertThat(control.capabilities()).isPositive();
      control.init(false);
      try (SwtpmState state = control.readState(SwtpmStateKind.PERMANENT)) {
        assertThatThrownBy(() -> control.writeState(state)).isInstanceOf(SwtpmException.class);
      }
    }
  }

  @Test
  @Timeout(30)
  void givenATpmThatIsPoweredOffThenItGivesNoState() throws Exception {
    ByteBuffer key = key();
    populate(key);
    try (SwtpmProcess process = SwtpmProcess.start(controlled("old"), key)) {
      try (SwtpmControl control = process.control()) {
        assertThatThrownBy(() -> control.readState(SwtpmStateKind.PERMANENT))
            .isInstanceOf(SwtpmException.class);
      }
      try (SwtpmControl control = process.control()) {
        control.init(false);
        control.stop();
      }
    }
  }

  @Test
  void givenAKeyOfTheWrongLengthOrARelativePathThenNothingIsStarted() {
    assertThatThrownBy(() -> SwtpmProcess.start(powered("x"), ByteBuffer.allocate(16)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SwtpmOptions.standalone(Path.of("state"), folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("absolute");
  }

  @Test
  void givenNoSwtpmThenThePackageIsNamed() throws Exception {
    SwtpmOptions options = powered("x").withPrefix(List.of("/nonexistent/launcher"));
    assertThatThrownBy(() -> SwtpmProcess.start(options))
        .isInstanceOf(SwtpmException.class)
        .hasMessageContaining("install the package swtpm");
  }

  private List<Path> statesWith(Bytes mark) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).filter(file -> contains(file, mark)).toList();
    }
  }

  private static boolean contains(Path file, Bytes mark) {
    try {
      return Bytes.of(Files.readAllBytes(file)).hex().contains(mark.hex());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
