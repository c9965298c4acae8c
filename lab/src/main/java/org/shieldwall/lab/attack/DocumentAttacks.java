package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.Trees;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.secret.SecretArena;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The owner's signed documents, rewritten by whoever holds the files. */
final class DocumentAttacks {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Set<String> FOREIGN = Set.of("foreign-signature");

  private final Stage stage;

  DocumentAttacks(Stage stage) {
    this.stage = stage;
  }

  /** Rewrites a key protector. */
  @FunctionalInterface
  private interface Rewriting {
    void of(ObjectNode protector) throws Exception;
  }

  List<Attack> quick() {
    List<Attack> all = new ArrayList<>();
    all.add(
        protector(
            "grant-guardian-added",
            "P4",
            "add a guardian of the attacker's to the grant",
            FOREIGN,
            node -> payload(node, "grant", this::addGuardian)));
    all.add(
        protector(
            "grant-policy-weakened",
            "P4",
            "ask for less assurance in the owner's policy",
            FOREIGN,
            node ->
                payload(
                    node,
                    "grant",
                    text ->
                        text.replace(
                            "\"minimumAssurance\":\"tpm\"",
                            "\"minimumAssurance\":\"directory\""))));
    all.add(
        protector(
            "grant-class-changed",
            "P6",
            "call the VM encryption-supported, for a console",
            FOREIGN,
            node ->
                payload(
                    node,
                    "grant",
                    text ->
                        text.replace(
                            "\"class\":\"shielded\"", "\"class\":\"encryption-supported\""))));
    all.add(
        protector(
            "keying-generation",
            "P5",
            "count the generation up in the keying",
            FOREIGN,
            node ->
                payload(
                    node,
                    "keying",
                    text -> text.replaceFirst("\"generation\":(\\d+)", "\"generation\":1$1"))));
    all.add(
        protector(
            "grant-replaced",
            "P4",
            "a grant of the attacker's own over the victim's keying",
            Set.of("grant-mismatch"),
            this::ownGrant));
    all.add(
        protector(
            "protector-of-another-vm",
            "P5",
            "the key protector of another VM of the owner's",
            Set.of("vm-state-altered"),
            node -> node.setAll(otherVm().toJson())));
    all.add(
        protector(
            "keying-of-another-vm",
            "P5",
            "the keying of another VM under this VM's grant",
            Set.of("generation-superseded"),
            node -> node.set("keying", otherVm().toJson().get("keying"))));
    all.add(
        protector(
            "wrapping-of-another-vm",
            "P5",
            "another VM's wrappings spliced into this VM's keying",
            FOREIGN,
            this::spliceWrappings));
    all.add(
        protector(
            "protector-signatures-removed",
            "P4",
            "the same documents without signatures",
            Set.of("missing-signature"),
            node -> {
              for (String part : List.of("grant", "keying")) {
                ((ObjectNode) node.get(part)).put("signature", "");
              }
            }));
    return List.copyOf(all);
  }

  private Attack protector(
      String name, String promise, String tried, Set<String> codes, Rewriting rewriting) {
    return new Attack(
        name,
        Attacker.A3,
        promise,
        "the VM is stopped; a copy of its folder would start",
        tried,
        () -> play(rewriting, codes));
  }

  private Outcome play(Rewriting rewriting, Set<String> codes) throws Exception {
    require(!stage.running("web"), "the VM runs");
    Path copy = Stage.copy(stage.vm(), stage.host(), "rewritten");
    try {
      Path file = copy.resolve("state/protector.json");
      byte[] before = Files.readAllBytes(file);
      ObjectNode node = (ObjectNode) Json.parse(before, "protector", KeyProtector.MAX_BYTES).node();
      rewriting.of(node);
      byte[] after = Json.bytes(node);
      require(!java.util.Arrays.equals(before, after), "nothing was changed");
      Files.write(file, after);
      rename(copy, KeyProtector.MAX_BYTES, after);
      return Stage.startRefused(stage.host(), "rewritten", codes);
    } finally {
      Trees.delete(copy);
    }
  }

  /** Calls the generation's folder by the number that its protector names, where it can be read. */
  private static void rename(Path vm, int limit, byte[] protector) throws Exception {
    String keying =
        Json.parse(protector, "protector", limit).node().path("keying").path("payload").asString();
    String text = new String(Base64.getUrlDecoder().decode(keying), StandardCharsets.UTF_8);
    java.util.regex.Matcher number =
        java.util.regex.Pattern.compile("\"generation\":(\\d+)").matcher(text);
    require(number.find(), "the keying names no generation");
    Path old = vm.resolve("state").toRealPath();
    Path fresh = vm.resolve("state." + number.group(1));
    if (!old.equals(fresh)) {
      Files.move(old, fresh);
      Files.delete(vm.resolve("state"));
      Files.createSymbolicLink(vm.resolve("state"), fresh.getFileName());
    }
  }

  @FunctionalInterface
  private interface Text {
    String of(String text) throws Exception;
  }

  private static void payload(ObjectNode protector, String part, Text change) throws Exception {
    ObjectNode document = (ObjectNode) protector.get(part);
    byte[] old = Base64.getUrlDecoder().decode(document.path("payload").asString());
    String text = change.of(new String(old, StandardCharsets.UTF_8));
    require(!text.equals(new String(old, StandardCharsets.UTF_8)), "the payload is as it was");
    document.put(
        "payload",
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(text.getBytes(StandardCharsets.UTF_8)));
  }

  private String addGuardian(String grant) {
    return grant.replace("\"guardians\":[", "\"guardians\":[" + attacker().toJson() + ",");
  }

  private static Guardian attacker() {
    PrivateKeySet keys = PrivateKeySet.generate(RANDOM);
    try {
      return Guardian.create("attacker", Instant.now(), keys, RANDOM);
    } catch (org.shieldwall.protector.ProtectorException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private void ownGrant(ObjectNode protector) throws Exception {
    PrivateKeySet keys = PrivateKeySet.generate(RANDOM);
    Guardian own = Guardian.create("tenant", Instant.now(), keys, RANDOM);
    Grant old =
        KeyProtector.parse(Files.readAllBytes(stage.vm().resolve("state/protector.json"))).grant();
    Grant grant =
        Grant.issue(own, keys, old.guardians(), OwnerPolicy.shielded(), Instant.now(), RANDOM);
    try (KeyProtector.Created made =
        KeyProtector.createForShieldingData(grant, keys, RANDOM, SecretArena.plain())) {
      JsonNode fresh = made.protector().toJson().get("grant");
      protector.set("grant", fresh);
    }
  }

  private void spliceWrappings(ObjectNode protector) throws Exception {
    JsonNode wrappings = payload(otherVm().toJson()).get("wrappings");
    require(wrappings.size() > 0, "the other keying has no wrappings");
    payload(
        protector,
        "keying",
        text -> {
          ObjectNode keying = (ObjectNode) parse(text);
          keying.set("wrappings", wrappings);
          return new String(Json.bytes(keying), StandardCharsets.UTF_8);
        });
  }

  private static JsonNode payload(ObjectNode protector) throws Exception {
    byte[] payload =
        Base64.getUrlDecoder().decode(protector.path("keying").path("payload").asString());
    return parse(new String(payload, StandardCharsets.UTF_8));
  }

  private static JsonNode parse(String text) throws Exception {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8), "payload", 1 << 20).node();
  }

  /** A second VM of the same owner from the same data. */
  private KeyProtector otherVm() throws Exception {
    Path folder = stage.host().store().resolve("other");
    if (!Files.exists(folder)) {
      stage.makeVm("other", stage.data());
    }
    return KeyProtector.parse(Files.readAllBytes(folder.resolve("state/protector.json")));
  }
}
