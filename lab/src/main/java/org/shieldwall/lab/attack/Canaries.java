package org.shieldwall.lab.attack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.shieldwall.cli.demo.Demo;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * The secrets an attack is after. The judge knows them, because the owner's key opens every
 * protector of the owner's; the attackers are told only whether they have found one.
 */
final class Canaries {
  private static final SecretArena ARENA = SecretArena.plain();

  private final Demo demo;

  Canaries(Demo demo) {
    this.demo = demo;
  }

  /** A secret, and what it is called in a report. */
  static final class Canary {
    private final String name;
    private final byte[] bytes;

    Canary(String name, byte[] bytes) {
      this.name = name;
      this.bytes = bytes.clone();
    }

    String name() {
      return name;
    }

    byte[] bytes() {
      return bytes.clone();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** {@return the text that only the owner and the guest know} */
  Canary ownersSecret() {
    return new Canary("the owner's secret", demo.secret.getBytes(StandardCharsets.US_ASCII));
  }

  /** {@return the keys of the generation that lies in a VM's folder, and the owner's secret} */
  List<Canary> of(Path vm) throws ProtectorException, IOException {
    KeyProtector protector =
        KeyProtector.parse(Files.readAllBytes(vm.resolve("state/protector.json")));
    List<Canary> all = new ArrayList<>(List.of(ownersSecret()));
    try (SecretBytes root = protector.open(ownerKeys().keys(), ARENA)) {
      String which = " of generation " + protector.generation();
      all.add(canary("the transport key" + which, root));
      add(all, root, KeyLabel.VTPM_STATE, "the vTPM's key" + which);
      add(all, root, KeyLabel.UEFI_VARIABLES, "the variables' key" + which);
    }
    return List.copyOf(all);
  }

  /** {@return the key of the owner's shielding data} */
  List<Canary> ofData(Path data) throws ProtectorException, IOException {
    KeyProtector protector = ShieldingData.parse(Files.readAllBytes(data)).protector();
    List<Canary> all = new ArrayList<>();
    try (SecretBytes root = protector.open(ownerKeys().keys(), ARENA)) {
      all.add(canary("the shielding data's transport key", root));
      add(all, root, KeyLabel.SHIELDING_DATA, "the shielding data's content key");
    }
    return all;
  }

  /** {@return the owner's keys} */
  GuardianKey ownerKeys() throws ProtectorException {
    return GuardianKey.open(
        demo.owner.resolve("tenant.guardian-key.json"),
        new SealedFile.Unlock.KeyFile(demo.owner.resolve("owner.key")),
        new SecureRandom());
  }

  private static void add(List<Canary> all, SecretBytes root, KeyLabel label, String name) {
    try (SecretBytes key = root.derive(label)) {
      all.add(canary(name, key));
    }
  }

  private static Canary canary(String name, SecretBytes secret) {
    return new Canary(
        name, secret.expose(SecretAccess.because("what an attack looks for"), byte[]::clone));
  }

  /** {@return the secret as it is and as programs write it: hexadecimal and base64} */
  static List<byte[]> forms(Canary canary) {
    String hex = HexFormat.of().formatHex(canary.bytes());
    String standard = Base64.getEncoder().withoutPadding().encodeToString(canary.bytes());
    String url = Base64.getUrlEncoder().withoutPadding().encodeToString(canary.bytes());
    return List.of(
        canary.bytes(),
        hex.getBytes(StandardCharsets.US_ASCII),
        standard.getBytes(StandardCharsets.US_ASCII),
        url.getBytes(StandardCharsets.US_ASCII));
  }
}
