package org.shieldwall.disk.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.disk.DiskOrder;
import org.shieldwall.disk.DiskProvisioner;
import org.shieldwall.disk.Progress;
import org.shieldwall.disk.ProvisionedDisk;
import org.shieldwall.disk.TestCatalog;
import org.shieldwall.disk.catalog.CatalogHasher;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.disk.seal.VolumeKeySealer;
import org.shieldwall.disk.uefi.Pcr7Prediction;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/**
 * The whole of it: the demonstration template, disks encrypted and sealed before the machine ever
 * ran, and a boot that opens them by itself.
 */
@Tag("boot")
class ShieldedGuestTest {
  private static final Duration LIMIT = Duration.ofSeconds(150);
  private static final String SECRET = "the owner's words, on the encrypted disk alone";
  private static final String USER_DATA =
      "#!/bin/sh\ncat > /srv/www/secret <<'END'\n" + SECRET + "\nEND\n";

  @TempDir Path folder;
  private BuiltGuest template;
  private SecureBootPolicy policy;

  @BeforeEach
  void build() throws Exception {
    TestMachine.requireParts();
    template = BuiltGuest.template();
    policy = SecureBootPolicy.onlySignedBy(template.certificate());
  }

  @Test
  void givenAProvisionedMachine_whenItBoots_thenItOpensItsDisksAndServesTheSecret()
      throws Exception {
    ProvisionedDisk disk = provision();

    try (TestMachine machine = start(disk)) {
      Optional<String> health = machine.awaitHttp("/health", LIMIT);
      assertThat(health).isPresent();
      assertThat(health.get())
          .contains("\"boot\":1,\"lockdown\":\"confidentiality\",\"secureBoot\":true")
          .contains("\"rootCipher\":\"aes-xts-plain64\",\"seedCipher\":\"aes-xts-plain64\"")
          .contains(Pcr7Prediction.of(policy).value(TpmHash.SHA256).hex());
      assertThat(machine.awaitHttp("/secret", LIMIT)).contains(SECRET + "\n");
    }
    for (Path image : List.of(disk.disk(), disk.seed())) {
      assertThat(new String(Files.readAllBytes(image), StandardCharsets.ISO_8859_1))
          .doesNotContain(SECRET);
    }
  }

  /**
   * The header of the root volume is rewritten to say that its data is not encrypted, and the data
   * is the attacker's own file system. Token, key slot and digest are genuine, so the TPM gives its
   * secret and the library would map the attacker's plaintext.
   */
  @Test
  void givenAHeaderThatSaysThereIsNoCipher_whenItBoots_thenItPowersOffWithoutMountingIt()
      throws Exception {
    ProvisionedDisk disk = provision();
    try (FileChannel image =
        FileChannel.open(disk.disk(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long root = PartitionTable.read(image).partitions().getLast().offset();
      rewriteHeader(image, root);
      copyPlainRoot(image, root + (16 << 20));
    }

    try (TestMachine machine = start(disk)) {
      assertThat(machine.awaitHttp("/health", LIMIT)).isEmpty();
      assertThat(machine.awaitPowerOff(Duration.ofSeconds(5))).isTrue();
    }
  }

  private ProvisionedDisk provision() throws Exception {
    Path state = Files.createDirectory(folder.resolve("tpm"));
    Path sockets = Files.createTempDirectory("vtpm");
    try (SeedFile metaData = seedFile("meta-data", "instance-id: one\n");
        SeedFile userData = seedFile("user-data", USER_DATA);
        FileChannel image = FileChannel.open(template.file("template.img"));
        SwtpmProcess swtpm = SwtpmProcess.start(SwtpmOptions.standalone(state, sockets));
        Tpm vtpm = swtpm.connect()) {
      vtpm.setLockoutRules(Authorization.none(), 1000, 600, 86_400);
      DiskOrder order =
          new DiskOrder(
              image,
              TestCatalog.of(CatalogHasher.hash(image, Progress.SILENT)),
              folder,
              0,
              List.of(metaData, userData));
      VolumeKeySealer sealer =
          new VolumeKeySealer(vtpm, Pcr7Prediction.of(policy).value(TpmHash.SHA256));
      return new DiskProvisioner(new SecureRandom()).provision(order, sealer, Progress.SILENT);
    } finally {
      Files.deleteIfExists(sockets.resolve("swtpm.log"));
      Files.deleteIfExists(sockets);
    }
  }

  private static SeedFile seedFile(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new SeedFile(name, SecretBytes.takeFrom(SecretArena.plain(), bytes));
  }

  private TestMachine start(ProvisionedDisk disk) throws Exception {
    byte[] empty = Files.readAllBytes(Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"));
    UefiVariableStore variables =
        policy.enrolInto(UefiVariableStore.parse(empty), LocalDateTime.of(2026, 1, 1, 0, 0));
    return TestMachine.startServing(
        folder.resolve("tpm"),
        Files.write(folder.resolve("variables.fd"), variables.toBytes()),
        new TestMachine.Disk("root", disk.disk()),
        new TestMachine.Disk("seed", disk.seed()));
  }

  /** Both copies of the header, the segment's cipher replaced, each with its checksum made good. */
  private static void rewriteHeader(FileChannel image, long volume) throws IOException {
    for (int copy = 0; copy < 2; copy++) {
      ByteBuffer header = ByteBuffer.allocate(16384);
      image.read(header, volume + copy * 16384L);
      String json = new String(header.array(), 4096, 12288, StandardCharsets.ISO_8859_1).strip();
      int segment = json.indexOf("\"segments\"");
      String altered =
          json.substring(0, segment)
              + json.substring(segment).replaceFirst("aes-xts-plain64", "cipher_null-ecb");
      assertThat(altered).isNotEqualTo(json);
      byte[] bytes = Arrays.copyOf(header.array(), 4096);
      bytes = Arrays.copyOf(bytes, 16384);
      System.arraycopy(
          altered.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, 4096, altered.length());
      Arrays.fill(bytes, 448, 512, (byte) 0);
      System.arraycopy(sha256(bytes), 0, bytes, 448, 32);
      image.write(ByteBuffer.wrap(bytes), volume + copy * 16384L);
    }
  }

  private void copyPlainRoot(FileChannel image, long to) throws Exception {
    try (FileChannel plain = FileChannel.open(template.file("template.img"))) {
      var root = PartitionTable.read(plain).partitions().getLast();
      plain.position(root.offset());
      assertThat(image.transferFrom(plain, to, root.length())).isEqualTo(root.length());
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
