package org.shieldwall.disk.seal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.Program;
import org.shieldwall.disk.luks.Luks2Header;
import org.shieldwall.disk.luks.Luks2Layout;
import org.shieldwall.disk.luks.Luks2Writer;
import org.shieldwall.disk.luks.VolumeFormat;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.CreatedObject;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmObject;
import org.shieldwall.tpm.command.TpmRefusedException;
import org.shieldwall.tpm.command.TpmSession;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sealing into a real swtpm, opened by the code a Debian 12 guest has. */
class VolumeKeySealerTest {
  private static final Bytes EVENT = TpmHash.SHA256.hash(Bytes.ofText("Secure Boot is on"));

  /** What PCR 7 holds after {@link #EVENT}: foreseen, as before a machine's first boot. */
  private static final Bytes FORESEEN = TpmHash.SHA256.extend(Bytes.zeros(32), EVENT);

  @TempDir Path folder;
  private final SecureRandom random = new SecureRandom();
  private final byte[] secret = new byte[32];
  private Vtpm vtpm;

  @BeforeEach
  void start() throws Exception {
    random.nextBytes(secret);
    vtpm = Vtpm.start();
  }

  @AfterEach
  void stop() throws Exception {
    vtpm.close();
  }

  private String sealed() throws Exception {
    try (Tpm tpm = vtpm.connect()) {
      return new VolumeKeySealer(tpm, FORESEEN).seal(secret);
    }
  }

  private Path volume(String token) throws Exception {
    Path image = folder.resolve("volume.img");
    byte[] volumeKey = new byte[64];
    random.nextBytes(volumeKey);
    long length = Luks2Layout.DATA_OFFSET + (1 << 20);
    VolumeFormat format = new VolumeFormat(UUID.randomUUID(), "root", 4096, token);
    try (FileChannel channel =
            FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Luks2Writer writer = new Luks2Writer(channel, 0, length, format, volumeKey)) {
      writer.append(new byte[1 << 20], 0, 1 << 20);
      writer.finish(Base64.getEncoder().encode(secret), volumeKey, random);
    }
    return image;
  }

  @Test
  void givenTheForeseenBootWhenStockCryptsetupUsesTheTokenThenTheVolumeOpens() throws Throwable {
    Path image = volume(sealed());
    vtpm.boot(EVENT);

    assertThat(StockCryptsetup.openByToken(image, vtpm.tcti())).isZero();
  }

  @Test
  void givenAnotherBootWhenStockCryptsetupUsesTheTokenThenTheVolumeStaysShut() throws Throwable {
    Path image = volume(sealed());
    vtpm.boot(TpmHash.SHA256.hash(Bytes.ofText("Secure Boot is off")));

    assertThat(StockCryptsetup.openByToken(image, vtpm.tcti()))
        .isEqualTo(StockCryptsetup.POLICY_DIFFERS);
  }

  @Test
  void givenAnotherVtpmWhenStockCryptsetupUsesTheTokenThenTheVolumeStaysShut() throws Throwable {
    Path image = volume(sealed());

    try (Vtpm other = Vtpm.start()) {
      other.boot(EVENT);
      assertThat(StockCryptsetup.openByToken(image, other.tcti()))
          .isEqualTo(StockCryptsetup.FOREIGN_TPM);
    }
  }

  @Test
  void givenTheForeseenBootWhenUnsealedByTpm2ToolsThenItIsTheSecret() throws Exception {
    String tpm2 = Program.require("tpm2", "tpm2-tools");
    CreatedObject object = CreatedObject.parse(blob(sealed()));
    vtpm.boot(EVENT);
    byte[] blob = object.marshal().toArray();
    int split = 2 + ((blob[0] & 0xFF) << 8 | (blob[1] & 0xFF));
    Path privatePart = Files.write(folder.resolve("private"), Arrays.copyOf(blob, split));
    Path publicPart =
        Files.write(folder.resolve("public"), Arrays.copyOfRange(blob, split, blob.length));

    tpm2(
        tpm2,
        "createprimary",
        "-C",
        "o",
        "-G",
        "ecc256:aes128cfb",
        "-g",
        "sha256",
        "-a",
        "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth",
        "-c",
        file("primary"));
    tpm2(tpm2, "flushcontext", "-t");
    tpm2(
        tpm2,
        "load",
        "-C",
        file("primary"),
        "-u",
        publicPart.toString(),
        "-r",
        privatePart.toString(),
        "-c",
        file("sealed"));
    tpm2(tpm2, "flushcontext", "-t");
    tpm2(tpm2, "unseal", "-c", file("sealed"), "-p", "pcr:sha256:7", "-o", file("out"));

    assertThat(Files.readAllBytes(folder.resolve("out"))).isEqualTo(secret);
  }

  @Test
  void givenTheSealedObjectWhenOpenedWithoutThePolicyThenTheTpmRefuses() throws Exception {
    CreatedObject object = CreatedObject.parse(blob(sealed()));
    vtpm.boot(EVENT);

    try (Tpm tpm = vtpm.connect();
        TpmObject key = tpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.storageEccP256());
        TpmObject loaded = tpm.keys().load(key, object)) {
      assertThatExceptionOfType(TpmRefusedException.class)
          .as("with a password")
          .isThrownBy(() -> tpm.keys().unseal(loaded, Authorization.none()));
      try (TpmSession empty = tpm.policySession(TpmHash.SHA256)) {
        assertThatExceptionOfType(TpmRefusedException.class)
            .as("with an empty policy")
            .isThrownBy(() -> tpm.keys().unseal(loaded, Authorization.session(empty)));
      }
      try (TpmSession right = tpm.policySession(TpmHash.SHA256)) {
        right.policyPcr(PcrSelection.of(TpmHash.SHA256, 7));
        assertThat(tpm.keys().unseal(loaded, Authorization.session(right))).isEqualTo(secret);
      }
    }
  }

  /** The same machine, the same PCR 7, one token by systemd and one by us. */
  @Test
  void givenATokenOfSystemdCryptenrollWhenComparedThenOursHasItsShape() throws Exception {
    String cryptsetup = Program.require("cryptsetup", "cryptsetup-bin");
    String enroll = Program.require("systemd-cryptenroll", "systemd");
    Path image = Files.write(folder.resolve("theirs"), new byte[20 << 20]);
    Path passphrase = Files.writeString(folder.resolve("passphrase"), "x");
    vtpm.boot(EVENT);
    Program.succeed(
        cryptsetup,
        "luksFormat",
        "-q",
        "--type",
        "luks2",
        "--pbkdf",
        "pbkdf2",
        "--pbkdf-force-iterations",
        "1000",
        "--key-file",
        passphrase.toString(),
        image.toString());
    Program.succeed(
        "env",
        "PASSWORD=x",
        enroll,
        "--tpm2-device=" + vtpm.tcti(),
        "--tpm2-pcrs=7",
        image.toString());

    String theirs =
        Program.succeed(cryptsetup, "token", "export", "--token-id", "0", image.toString())
            .replace("\\/", "/")
            .strip();
    String ours = sealed();

    JsonNode their = new JsonMapper().readTree(theirs);
    JsonNode our = new JsonMapper().readTree(ours);
    assertThat(names(our)).isEqualTo(names(their));
    for (String name : names(their)) {
      if (!name.equals("tpm2-blob") && !name.equals("keyslots")) {
        assertThat(our.get(name)).as(name).isEqualTo(their.get(name));
      }
    }
    assertThat(our.get("keyslots").toString()).isEqualTo("[\"0\"]");
    Bytes theirArea = CreatedObject.parse(blob(theirs)).area().raw();
    Bytes ourArea = CreatedObject.parse(blob(ours)).area().raw();
    assertThat(ourArea.length()).isEqualTo(theirArea.length());
    // TPMT_PUBLIC up to the unique part; ours adds noDA (0x400), so that power failures of the host
    // do not count as guesses.
    assertThat(theirArea.slice(0, 8).hex()).isEqualTo("0008000b00000012");
    assertThat(ourArea.slice(0, 8).hex()).isEqualTo("0008000b00000412");
    assertThat(ourArea.slice(8, 44)).isEqualTo(theirArea.slice(8, 44));
  }

  @Test
  void givenTheTokenWhenPutIntoAVolumeThenItIsKeptToTheByte() throws Exception {
    String token = sealed();

    try (FileChannel channel = FileChannel.open(volume(token))) {
      assertThat(Luks2Header.read(channel, 0).tokens()).containsEntry(0, token);
    }
    assertThat(token).doesNotContain(Base64.getEncoder().encodeToString(secret));
    assertThat(new String(blob(token), UTF_8)).doesNotContain(new String(secret, UTF_8));
  }

  @Test
  void givenAVtpmThatIsGoneWhenSealingThenItIsRefusedByName() throws Exception {
    try (Tpm tpm = vtpm.connect()) {
      VolumeKeySealer sealer = new VolumeKeySealer(tpm, FORESEEN);
      vtpm.kill();
      assertThatExceptionOfType(DiskRefusedException.class)
          .isThrownBy(() -> sealer.seal(secret))
          .satisfies(
              refused -> assertThat(refused.problem()).isEqualTo(DiskProblem.KEY_NOT_SEALED));
    }
  }

  @Test
  void givenAPcrValueOfAnotherLengthWhenPreparedThenItIsRefused() throws Exception {
    try (Tpm tpm = vtpm.connect()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new VolumeKeySealer(tpm, Bytes.zeros(20)));
    }
  }

  private static byte[] blob(String token) {
    return Base64.getDecoder()
        .decode(new JsonMapper().readTree(token).get("tpm2-blob").stringValue());
  }

  private static List<String> names(JsonNode object) {
    return new ArrayList<>(object.propertyNames());
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private void tpm2(String tpm2, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(tpm2, words[0], "-T", vtpm.tcti()));
    command.addAll(List.of(words).subList(1, words.length));
    Program.succeed(command.toArray(String[]::new));
  }
}
