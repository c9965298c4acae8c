package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.protector.Json;
import tools.jackson.databind.node.ObjectNode;

/** The template, its catalog and the owner's data, on their way into a new VM. */
final class TemplateAttacks {
  private static final String MADE = "the template is signed, the owner's data are sealed";
  private static final Set<String> DIFFERS = Set.of("template-block-differs");
  private static final int IN_THE_ESP = 3 << 20;

  private final Stage stage;

  TemplateAttacks(Stage stage) {
    this.stage = stage;
  }

  List<Attack> quick() {
    return List.of(
        attack("template-one-byte", Attacker.A1, "change one byte of the template", this::oneByte),
        attack(
            "template-own-catalog",
            Attacker.A3,
            "a template of the attacker's with a catalog he signed himself",
            this::ownCatalog),
        attack(
            "template-other-catalog",
            Attacker.A3,
            "another template of the same signer, with its own genuine catalog",
            () -> otherCatalog(true)),
        attack(
            "catalog-of-another-template",
            Attacker.A3,
            "the template that was asked for, with another's genuine catalog",
            () -> otherCatalog(false)),
        attack(
            "catalog-altered",
            Attacker.A1,
            "name another Secure Boot key in the signed catalog",
            this::catalogAltered),
        attack(
            "catalog-dbx-removed",
            Attacker.A1,
            "take an image off the signed list of forbidden ones",
            this::dbxRemoved));
  }

  List<Attack> full() {
    return List.of(
        attack(
            "template-swapped-while-read",
            Attacker.A1,
            "write into the template again and again while the enclave reads it",
            this::raced));
  }

  private static Attack attack(String name, Attacker who, String tried, Attack.Play play) {
    return new Attack(name, who, "P8", MADE, tried, play);
  }

  private Path copyOfTemplate() throws IOException, InterruptedException {
    Path copy = stage.demo().work.resolve("template-altered.img");
    Trees.copy(stage.templateImage(), copy);
    return copy;
  }

  /** Makes a VM that must not be made. */
  Command.Result create(Path image, Path catalog, Path data) {
    return stage
        .host()
        .run(
            "vm",
            "create",
            "--name",
            "made",
            "--template",
            image,
            "--catalog",
            catalog,
            "--data",
            data,
            "--memory",
            512);
  }

  /** Judges that; whatever comes, the VM does not stay. */
  Outcome judged(Command.Result made, Set<String> codes) {
    return Stage.refused(made, codes, () -> stage.host().run("vm", "delete", "made", "--yes"));
  }

  private static void flip(Path image, long at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ 1);
    }
  }

  private Outcome oneByte() throws Exception {
    Path image = copyOfTemplate();
    try {
      flip(image, IN_THE_ESP);
      return judged(create(image, stage.catalog(), stage.data()), DIFFERS);
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private Outcome raced() throws Exception {
    Path image = copyOfTemplate();
    AtomicBoolean over = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!over.get()) {
                  flip(image, IN_THE_ESP);
                }
              } catch (IOException gone) {
                // The attack is over.
              }
            });
    try {
      Command.Result made = create(image, stage.catalog(), stage.data());
      if (made.exitCode() != 0) {
        return judged(made, DIFFERS);
      }
      // It read one of the two bytes and went on with what it had read: that is the genuine one.
      over.set(true);
      writer.join();
      byte[] disk = new byte[512];
      byte[] genuine = new byte[512];
      read(stage.host().store().resolve("made/disk.img"), disk);
      read(stage.templateImage(), genuine);
      stage.host().run("vm", "delete", "made", "--yes");
      return java.util.Arrays.equals(disk, genuine)
          ? new Outcome.Refused("what was verified is what was written: the genuine block")
          : new Outcome.Succeeded("the disk holds another block than was verified");
    } finally {
      over.set(true);
      writer.join();
      Files.deleteIfExists(image);
    }
  }

  private static void read(Path image, byte[] into) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "r")) {
      file.seek(IN_THE_ESP / 512 * 512L);
      file.readFully(into);
    }
  }

  private Outcome ownCatalog() throws Exception {
    Path own = Files.createDirectories(stage.demo().work.resolve("attacker"));
    Path image = copyOfTemplate();
    Path catalog = own.resolve("catalog.json");
    Path key = own.resolve("key");
    try {
      flip(image, IN_THE_ESP);
      Command.run("owner", "guardian", "new", "--name", "signer", "--key-file", key, "--out", own)
          .orFail();
      sign(image, "debian-web", own.resolve("signer.guardian-key.json"), key, catalog);
      return judged(create(image, catalog, stage.data()), Set.of("template-mismatch"));
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private void sign(Path image, String name, Path signer, Path key, Path catalog, Object... more) {
    List<Object> line = new ArrayList<>(List.of("owner", "template", "sign", image));
    line.addAll(List.of("--name", name, "--version", "9.0.0"));
    line.add("--secure-boot-certificate");
    line.add(stage.demo().template.resolve("secureboot.crt"));
    line.addAll(List.of("--signer", signer, "--key-file", key, "--out", catalog));
    line.addAll(List.of(more));
    Command.run(line.toArray()).orFail();
  }

  /** Signs as the template's own signer does; {@return the catalog} */
  private Path genuine(Path image, String name, Object... more) throws IOException {
    Path owner = stage.demo().owner;
    Path catalog = stage.demo().work.resolve(name + ".other-catalog.json");
    Files.deleteIfExists(catalog);
    sign(
        image,
        name,
        owner.resolve("signer.guardian-key.json"),
        owner.resolve("owner.key"),
        catalog,
        more);
    return catalog;
  }

  private Outcome otherCatalog(boolean withItsTemplate) throws Exception {
    Path image = copyOfTemplate();
    try {
      flip(image, IN_THE_ESP);
      Path catalog = genuine(image, "debian-mail");
      return judged(
          create(withItsTemplate ? image : stage.templateImage(), catalog, stage.data()),
          Set.of("template-mismatch"));
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private Outcome dbxRemoved() throws Exception {
    String forbidden = "5e".repeat(32);
    Path catalog = genuine(stage.templateImage(), "debian-web", "--forbid", forbidden);
    ObjectNode node = (ObjectNode) Json.parse(Files.readAllBytes(catalog), "c", 64 << 20).node();
    String old =
        new String(
            Base64.getUrlDecoder().decode(node.path("payload").asString()), StandardCharsets.UTF_8);
    String removed = old.replaceFirst("\"dbx\":\\[[^\\]]+\\]", "\"dbx\":[]");
    require(!removed.equals(old), "the catalog forbids nothing");
    node.put(
        "payload",
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(removed.getBytes(StandardCharsets.UTF_8)));
    Path altered = stage.demo().work.resolve("catalog-without-dbx.json");
    Files.write(altered, Json.bytes(node));
    return judged(
        create(stage.templateImage(), altered, stage.data()), Set.of("foreign-signature"));
  }

  private Outcome catalogAltered() throws Exception {
    ObjectNode node =
        (ObjectNode) Json.parse(Files.readAllBytes(stage.catalog()), "catalog", 64 << 20).node();
    String payload = node.path("payload").asString();
    require(!payload.isEmpty(), "the catalog has no payload");
    String text = new String(Base64.getUrlDecoder().decode(payload), StandardCharsets.UTF_8);
    // One character inside the certificate that will be the guest's db.
    int at = text.indexOf("\"db\":[\"") + 200;
    require(at > 200, "the catalog names no certificate");
    String other =
        text.substring(0, at) + (text.charAt(at) == 'A' ? 'B' : 'A') + text.substring(at + 1);
    node.put(
        "payload",
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(other.getBytes(StandardCharsets.UTF_8)));
    Path altered = stage.demo().work.resolve("catalog-altered.json");
    Files.write(altered, Json.bytes(node));
    return judged(
        create(stage.templateImage(), altered, stage.data()), Set.of("foreign-signature"));
  }
}
