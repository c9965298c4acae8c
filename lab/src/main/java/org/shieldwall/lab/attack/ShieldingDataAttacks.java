package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.enclave.message.Answer;
import org.shieldwall.enclave.message.EnclaveClient;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.ShieldingData;
import tools.jackson.databind.node.ObjectNode;

/** The owner's shielding data and their release, on their way into a new VM. */
final class ShieldingDataAttacks {
  private final Stage stage;
  private final TemplateAttacks making;

  ShieldingDataAttacks(Stage stage) {
    this.stage = stage;
    this.making = new TemplateAttacks(stage);
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "data-of-another-owner",
            Attacker.A3,
            "splice the victim's sealed files under another owner's grant",
            this::spliced),
        attack(
            "data-class-changed",
            Attacker.A3,
            "call the owner's data encryption-supported, for a console",
            this::classChanged),
        attack(
            "release-for-other-data",
            Attacker.A3,
            "provision the owner's data with a release that was asked for another document",
            this::releaseForOther),
        attack(
            "release-twice",
            Attacker.A3,
            "use one session of the enclave's twice",
            this::sessionTwice));
  }

  private static Attack attack(String name, Attacker who, String tried, Attack.Play play) {
    return new Attack(name, who, "P8", "the owner's data are sealed", tried, play);
  }

  private Outcome classChanged() throws Exception {
    ObjectNode data = parse(stage.data());
    ObjectNode grant = (ObjectNode) data.path("protector").path("grant");
    String old =
        new String(
            Base64.getUrlDecoder().decode(grant.path("payload").asString()),
            StandardCharsets.UTF_8);
    String changed = old.replace("\"class\":\"shielded\"", "\"class\":\"encryption-supported\"");
    require(!changed.equals(old), "the grant names no class");
    grant.put(
        "payload",
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(changed.getBytes(StandardCharsets.UTF_8)));
    Path altered = stage.demo().work.resolve("class-changed.json");
    Files.write(altered, Json.bytes(data));
    return making.judged(
        making.create(stage.templateImage(), stage.catalog(), altered),
        Set.of("foreign-signature"));
  }

  /** Data of an owner who grants the same guardian: the attacker's own. */
  private Path attackersData() throws Exception {
    Path own = Files.createDirectories(stage.demo().work.resolve("attacker-owner"));
    Path data = own.resolve("data.json");
    if (Files.exists(data)) {
      return data;
    }
    Path key = own.resolve("key");
    Command.run("owner", "guardian", "new", "--name", "attacker", "--key-file", key, "--out", own)
        .orFail();
    Path userData = own.resolve("user-data");
    Files.writeString(userData, "#!/bin/sh\n");
    Files.setPosixFilePermissions(
        userData, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
    Path provider = stage.demo().owner.resolve("provider.json");
    String id =
        Command.run("hgs", "guardian", "show", "--dir", stage.demo().hgs)
            .orFail()
            .output()
            .path("id")
            .asString();
    String imported =
        Command.run("owner", "guardian", "import", provider, "--id", id, "--out", own)
            .orFail()
            .output()
            .path("imported")
            .asString();
    Command.run(
            "owner",
            "data",
            "new",
            "--owner",
            own.resolve("attacker.guardian-key.json"),
            "--key-file",
            key,
            "--guardian",
            imported,
            "--catalog",
            stage.catalog(),
            "--file",
            "user-data=" + userData,
            "--out",
            data)
        .orFail();
    return data;
  }

  private Outcome spliced() throws Exception {
    ObjectNode victim = parse(stage.data());
    victim.set("protector", parse(attackersData()).get("protector"));
    Path spliced = stage.demo().work.resolve("spliced.json");
    Files.write(spliced, Json.bytes(victim));
    return making.judged(
        making.create(stage.templateImage(), stage.catalog(), spliced),
        Set.of("foreign-signature"));
  }

  private static ObjectNode parse(Path data) throws Exception {
    return (ObjectNode)
        Json.parse(Files.readAllBytes(data), "shielding data", ShieldingData.MAX_BYTES).node();
  }

  /**
   * The attacker is the agent: he asks in the enclave's name for his own, and uses the victim's.
   */
  private Outcome releaseForOther() throws Exception {
    EnclaveClient enclave = new EnclaveClient(Stage.enclaveSocket(stage.host()));
    Answer.Final prepared =
        enclave.ask(
            new Request.Prepare(
                Request.Purpose.PROVISION, parse(attackersData()).get("protector")));
    require(prepared instanceof Answer.Prepared, "nothing was prepared: " + prepared);
    Path folder = Files.createDirectories(stage.demo().work.resolve("made-by-hand"));
    Path image = stage.templateImage();
    try (var template =
        org.shieldwall.enclave.posix.Descriptor.open(
            image, org.shieldwall.enclave.posix.Descriptor.Access.READ)) {
      Answer.Final answer =
          enclave.ask(
              new Request.Provision(
                  ((Answer.Prepared) prepared).session(),
                  Json.object(),
                  parse(stage.data()),
                  Json.parse(Files.readAllBytes(stage.catalog()), "catalog", 64 << 20).node(),
                  folder,
                  0),
              List.of(template),
              java.time.Duration.ofMinutes(1),
              report -> {});
      return answer instanceof Answer.Refused refused && refused.code().equals("wrong-purpose")
          ? new Outcome.Refused(refused.code() + ": " + refused.detail())
          : new Outcome.Succeeded("answered " + answer);
    }
  }

  private Outcome sessionTwice() throws Exception {
    EnclaveClient enclave = new EnclaveClient(Stage.enclaveSocket(stage.host()));
    Answer.Final prepared =
        enclave.ask(
            new Request.Prepare(
                Request.Purpose.START,
                Json.parse(
                        Files.readAllBytes(stage.backup().resolve("state/protector.json")),
                        "protector",
                        1 << 20)
                    .node()));
    require(prepared instanceof Answer.Prepared, "nothing was prepared: " + prepared);
    Request start =
        new Request.Start(
            ((Answer.Prepared) prepared).session(),
            Json.object(),
            stage.demo().work,
            new Request.Definition("x", 1, 512),
            Request.Network.NONE,
            Request.Saved.USE);
    Answer.Final first = enclave.ask(start);
    require(
        first instanceof Answer.Refused one && !one.code().equals("unknown-session"),
        "the session was not used: " + first);
    return enclave.ask(start) instanceof Answer.Refused second
            && second.code().equals("unknown-session")
        ? new Outcome.Refused("unknown-session: a session is used once, whatever comes of it")
        : new Outcome.Succeeded("the session was taken again");
  }
}
