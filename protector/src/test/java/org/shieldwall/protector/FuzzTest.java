package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.ARENA;
import static org.shieldwall.protector.Parties.ENCLAVE;
import static org.shieldwall.protector.Parties.GRANT;
import static org.shieldwall.protector.Parties.HGS;
import static org.shieldwall.protector.Parties.NOW;
import static org.shieldwall.protector.Parties.OWNER;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.secret;
import static org.shieldwall.protector.Parties.tree;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.TemplateRequirement.Rule;
import org.shieldwall.protector.VolumeSignatureCatalog.SecureBoot;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Genuine documents cut short, with bits flipped, and with values exchanged and signed again by the
 * right key: the only exception there is, is the named one, and nothing altered gives a secret.
 */
class FuzzTest {
  private static final int ROUNDS = Integer.getInteger("shieldwall.fuzz.rounds", 50);

  private interface Reader {
    void read(byte[] bytes) throws ProtectorException;
  }

  private final long seed = Long.getLong("shieldwall.seed", System.nanoTime());
  private final Random choices = new Random(seed);
  private final Map<Code, Integer> seen = new EnumMap<>(Code.class);

  @Test
  void guardian() {
    fuzz(OWNER.guardian().toBytes(), Guardian::parse);
  }

  @Test
  void keyProtector() throws Exception {
    try (KeyProtector.Created created = Parties.vmProtector()) {
      fuzz(
          created.protector().toBytes(),
          bytes -> {
            try (SecretBytes key = KeyProtector.parse(bytes).open(HGS.keys(), ARENA)) {
              assertThat(key.sameAs(created.transportKey())).isTrue();
            }
          });
    }
  }

  @Test
  void release() throws Exception {
    KeyProtector old;
    try (KeyProtector.Created created = Parties.vmProtector()) {
      old = created.protector();
    }
    PendingRelease pending =
        ReleaseRequest.create(ReleaseRequest.Purpose.START, old, ENCLAVE, RANDOM);
    byte[] release;
    try (IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA)) {
      release =
          Release.seal(pending.request(), ENCLAVE.publicKeys(), rolled, RANDOM, ARENA).toBytes();
    }
    fuzz(
        release,
        bytes -> {
          PendingRelease again = new PendingRelease(pending.request(), old);
          try (IngressEgress keys = Release.parse(bytes).open(again, ENCLAVE, ARENA);
              SecretBytes ingress = old.open(HGS.keys(), ARENA)) {
            assertThat(keys.ingress().sameAs(ingress)).isTrue();
          }
        });
    fuzz(
        Json.bytes(pending.request().toJson()),
        bytes ->
            ReleaseRequest.verify(
                Json.parse(bytes, "request", ReleaseRequest.MAX_BYTES), ENCLAVE.publicKeys(), old));
  }

  @Test
  void shieldingData() throws Exception {
    TemplateRequirement template =
        new TemplateRequirement(
            OWNER.guardian().id(), "debian", Rule.EQUALS, TemplateVersion.of("12.5"));
    ShieldingData data =
        ShieldingData.create(
            GRANT,
            OWNER.keys(),
            template,
            List.of(new SeedFile("user-data", secret("hunter2"))),
            NOW,
            RANDOM);
    fuzz(
        data.toBytes(),
        bytes -> {
          ShieldingData read = ShieldingData.parse(bytes);
          try (SecretBytes key = read.protector().open(OWNER.keys(), ARENA)) {
            assertThat(read.open(key, ARENA)).hasSize(1);
          }
        });
  }

  @Test
  void seedFiles() {
    byte[] plaintext =
        SeedFiles.write(
            List.of(
                new SeedFile("user-data", secret("hunter2")),
                new SeedFile("meta-data", secret("x"))));
    fuzz(plaintext, bytes -> SeedFiles.read(bytes, ARENA).forEach(SeedFile::close));
  }

  @Test
  void catalog() throws Exception {
    VolumeSignatureCatalog catalog =
        VolumeSignatureCatalog.sign(
            "debian",
            TemplateVersion.of("12.5"),
            List.of(SignedPartition.of(1, UUID.randomUUID(), "root", 1024, new byte[32])),
            new SecureBoot(List.of(new byte[20]), List.of(new byte[32])),
            OWNER.guardian(),
            OWNER.keys(),
            NOW,
            RANDOM);
    fuzz(catalog.toBytes(), VolumeSignatureCatalog::parse);
  }

  private void fuzz(byte[] genuine, Reader reader) {
    for (int i = 0; i < ROUNDS; i++) {
      int cut = choices.nextInt(genuine.length);
      attempt("cut at " + cut, Arrays.copyOf(genuine, cut), reader);

      byte[] flipped = genuine.clone();
      int at = choices.nextInt(flipped.length);
      flipped[at] ^= (byte) (1 << choices.nextInt(8));
      attempt("flipped at " + at, flipped, reader);

      byte[] noise = genuine.clone();
      int from = choices.nextInt(noise.length);
      for (int j = from; j < Math.min(noise.length, from + 8); j++) {
        noise[j] = (byte) choices.nextInt();
      }
      attempt("noise from " + from, noise, reader);

      ObjectNode json = tree(genuine);
      String change = exchange(json);
      attempt(change, Json.bytes(json), reader);
    }
    assertThat(seen).as("seed " + seed).containsKey(Code.MALFORMED);
  }

  private void attempt(String change, byte[] bytes, Reader reader) {
    try {
      reader.read(bytes);
    } catch (ProtectorException e) {
      seen.merge(e.code(), 1, Integer::sum);
      assertThat(e.getMessage()).doesNotContain("hunter2");
    } catch (RuntimeException | Error e) {
      throw new AssertionError(change + ", seed " + seed, e);
    }
  }

  /** Exchanges one value somewhere; inside a signed document mostly, which is signed again. */
  private String exchange(ObjectNode object) {
    if (object.has("payload") && object.has("signature") && choices.nextInt(8) > 0) {
      ObjectNode payload = Parties.payload(object);
      String change = exchange(payload);
      String type =
          payload.path("format").isString() ? payload.get("format").stringValue() : "none";
      object.setAll(Jws.sign(type, payload, OWNER.keys(), RANDOM).toJson());
      return change;
    }
    List<String> names = List.copyOf(object.propertyNames());
    String name = names.get(choices.nextInt(names.size()));
    JsonNode value = object.get(name);
    if (value instanceof ArrayNode array && !array.isEmpty() && choices.nextInt(4) > 0) {
      int index = choices.nextInt(array.size());
      if (array.get(index) instanceof ObjectNode child) {
        return name + "/" + index + "/" + exchange(child);
      }
      array.set(index, other());
      return name + "/" + index;
    }
    if (value instanceof ObjectNode child && !child.isEmpty() && choices.nextInt(4) > 0) {
      return name + "/" + exchange(child);
    }
    if (choices.nextInt(6) == 0) {
      object.remove(name);
      return name + " removed";
    }
    object.set(name, other());
    return name + " exchanged for " + object.get(name).toString().substring(0, 1);
  }

  private JsonNode other() {
    JsonNodeFactory factory = JsonNodeFactory.instance;
    return switch (choices.nextInt(12)) {
      case 0 -> factory.nullNode();
      case 1 -> factory.booleanNode(true);
      case 2 -> factory.numberNode(-1);
      case 3 -> factory.numberNode(Long.MAX_VALUE);
      case 4 -> factory.numberNode(1.5);
      case 5 -> factory.stringNode("");
      case 6 -> factory.stringNode("x");
      case 7 -> factory.stringNode("A".repeat(1 << choices.nextInt(12)));
      case 8 -> factory.arrayNode();
      case 9 -> factory.objectNode();
      case 10 -> factory.stringNode("\ud800");
      default -> factory.arrayNode().add(factory.objectNode());
    };
  }
}
