package org.shieldwall.enclave.vtpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.posix.ChildProcess;
import org.shieldwall.enclave.worker.Sandbox;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.swtpm.SwtpmControl;

@Timeout(60)
class VirtualTpmTest {
  private static final int NV = 0x01800001;
  private static final Bytes CONTENT =
      Bytes.of("kept in the vTPM".getBytes(StandardCharsets.UTF_8));

  private final SecureRandom random = new SecureRandom();

  @TempDir Path folder;

  @BeforeEach
  void tools() {
    assumeTrue(Sandbox.available(), "SKIPPED: needs the package bubblewrap");
    assumeTrue(Files.exists(Path.of("/usr/bin/swtpm")), "SKIPPED: needs the package swtpm");
  }

  private Path state(String name) throws IOException {
    return Files.createDirectory(folder.resolve(name));
  }

  private SecretBytes key() {
    return SecretBytes.random(SecretArena.plain(), 32, random);
  }

  private static void store(Path state, SecretBytes key) throws Exception {
    try (VirtualTpm vtpm = VirtualTpm.forEnclave(state, key);
        SwtpmControl control = vtpm.control()) {
      control.init(false);
      try (Tpm tpm = vtpm.tpm()) {
        tpm.startup(Tpm.StartupType.CLEAR);
        tpm.nv().store(NV, CONTENT, Authorization.none());
      }
    }
  }

  private static Bytes load(Path state, SecretBytes key) throws Exception {
    try (VirtualTpm vtpm = VirtualTpm.forEnclave(state, key);
        SwtpmControl control = vtpm.control()) {
      control.init(false);
      try (Tpm tpm = vtpm.tpm()) {
        tpm.startup(Tpm.StartupType.CLEAR);
        return tpm.nv().read(NV);
      }
    }
  }

  @Test
  void givenAStateWhenRekeyedThenTheNewKeyOpensItAndTheOldOneDoesNot() throws Exception {
    Path one = state("one");
    Path two = state("two");
    try (SecretBytes old = key();
        SecretBytes fresh = key()) {
      store(one, old);
      Rekeying.run(one, old, two, fresh);
      assertThat(load(two, fresh)).isEqualTo(CONTENT);
      assertThatThrownBy(() -> load(two, old)).isInstanceOf(IOException.class);
      assertThat(load(one, old)).as("the old generation is as it was").isEqualTo(CONTENT);
    }
  }

  @Test
  void givenAnotherKeyOrAlteredStateWhenRekeyedThenItIsRefusedAndNothingIsWritten()
      throws Exception {
    Path one = state("one");
    try (SecretBytes old = key();
        SecretBytes wrong = key();
        SecretBytes fresh = key()) {
      store(one, old);
      assertThatThrownBy(() -> Rekeying.run(one, wrong, state("two"), fresh))
          .isInstanceOf(IOException.class);
      Path file = one.resolve("tpm2-00.permall");
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
      assertThatThrownBy(() -> Rekeying.run(one, old, state("three"), fresh))
          .isInstanceOf(IOException.class);
      assertThat(folder.resolve("two")).isEmptyDirectory();
      assertThat(folder.resolve("three")).isEmptyDirectory();
      Files.delete(file);
      assertThatThrownBy(() -> Rekeying.run(one, old, state("four"), fresh))
          .hasMessageContaining("is missing");
      assertThat(file).as("no new TPM was made in its place").doesNotExist();
    }
  }

  @Test
  void givenManyLossesOfPowerWhenRekeyedEachTimeThenTheTpmIsNotLocked() throws Exception {
    Path from = state("0");
    SecretBytes key = key();
    store(from, key);
    for (int i = 1; i < 7; i++) {
      Path to = state(String.valueOf(i));
      SecretBytes fresh = key();
      Rekeying.run(from, key, to, fresh);
      loseThePower(to, fresh);
      from = to;
      key = fresh;
    }
    assertThat(load(from, key)).isEqualTo(CONTENT);
  }

  private static void loseThePower(Path state, SecretBytes key) throws Exception {
    VirtualTpm vtpm = VirtualTpm.forEnclave(state, key);
    vtpm.control().init(false);
    Tpm tpm = vtpm.tpm();
    tpm.startup(Tpm.StartupType.CLEAR);
    // As systemd does in the guest: the storage key is protected against guessing, and is used.
    var storage = tpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.storageEccP256());
    tpm.keys().seal(storage, PolicyDigest.start(TpmHash.SHA256), new byte[] {1});
    ChildProcess.start(List.of("/bin/kill", "-9", "" + vtpm.pid()), Map.of(), List.of());
    vtpm.close();
    assertThat(vtpm.alive()).isFalse();
  }

  @Test
  void givenARunningVtpmWhenItsProcessesAreLookedAtThenTheKeyIsNowhere() throws Exception {
    Path one = state("one");
    byte[] secret = new byte[32];
    random.nextBytes(secret);
    String hex = Bytes.of(secret.clone()).hex();
    try (SecretBytes key = SecretBytes.takeFrom(SecretArena.plain(), secret.clone());
        VirtualTpm vtpm = VirtualTpm.forEnclave(one, key);
        SwtpmControl control = vtpm.control()) {
      control.init(false);
      var processes =
          java.util.stream.Stream.concat(
                  java.util.stream.Stream.of(ProcessHandle.of(vtpm.pid()).orElseThrow()),
                  ProcessHandle.of(vtpm.pid()).orElseThrow().descendants())
              .toList();
      assertThat(processes).hasSizeGreaterThanOrEqualTo(2);
      for (ProcessHandle process : processes) {
        for (String file : List.of("cmdline", "environ")) {
          byte[] bytes = Files.readAllBytes(Path.of("/proc/" + process.pid() + "/" + file));
          assertThat(Bytes.of(bytes).hex()).doesNotContain(hex);
          assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).doesNotContain(hex);
        }
      }
      for (Path file : List.of(one.resolve("tpm2-00.permall"))) {
        assertThat(Bytes.of(Files.readAllBytes(file)).hex()).doesNotContain(hex);
      }
    }
  }
}
