package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** An owner, two Host Guardian Services that she trusts, an enclave, and somebody else. */
final class Parties {
  static final SecureRandom RANDOM = new SecureRandom();
  static final SecretArena ARENA = SecretArena.plain();
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  static final UUID VM = UUID.fromString("6f1c2f0e-53f5-4c11-9d2b-1a2b3c4d5e6f");

  static final GuardianKey OWNER = holder("Ada's machines");
  static final GuardianKey HGS = holder("Fabric North");
  static final GuardianKey OTHER_HGS = holder("Fabric South");
  static final GuardianKey STRANGER = holder("Mallory");
  static final PrivateKeySet ENCLAVE = PrivateKeySet.generate(RANDOM);
  static final Grant GRANT = grant(OWNER, HGS.guardian(), OTHER_HGS.guardian());

  private Parties() {}

  static GuardianKey holder(String name) {
    PrivateKeySet keys = PrivateKeySet.generate(RANDOM);
    try {
      return new GuardianKey(Guardian.create(name, NOW, keys, RANDOM), keys);
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }

  static Grant grant(GuardianKey owner, Guardian... guardians) {
    try {
      return Grant.issue(
          owner.guardian(),
          owner.keys(),
          List.of(guardians),
          new OwnerPolicy(
              VmClass.SHIELDED,
              Assurance.TPM,
              List.of("debian-12"),
              List.of(),
              java.util.Optional.of(NOW.plusSeconds(3600))),
          NOW,
          RANDOM);
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }

  /** A VM's protector of generation 1, by the owner. */
  static KeyProtector.Created vmProtector() throws ProtectorException {
    return KeyProtector.createForVm(GRANT, VM, OWNER.keys(), RANDOM, ARENA);
  }

  static KeyProtector.Created shieldingProtector() throws ProtectorException {
    return KeyProtector.createForShieldingData(GRANT, OWNER.keys(), RANDOM, ARENA);
  }

  static SecretBytes secret(String text) {
    return SecretBytes.takeFrom(ARENA, text.getBytes(StandardCharsets.UTF_8));
  }

  static ObjectNode tree(byte[] json) {
    return (ObjectNode) JsonMapper.shared().readTree(json);
  }

  /** Alters a signed document's payload and leaves the signature as it was. */
  static void alter(ObjectNode jws, Consumer<ObjectNode> change) {
    ObjectNode payload = payload(jws);
    change.accept(payload);
    jws.put("payload", B64u.encode(Json.bytes(payload)));
  }

  /** Alters a signed document's payload and signs it anew. */
  static void forge(ObjectNode jws, PrivateKeySet signer, Consumer<ObjectNode> change) {
    ObjectNode payload = payload(jws);
    change.accept(payload);
    String type = payload.get("format").stringValue();
    jws.setAll(Jws.sign(type, payload, signer, RANDOM).toJson());
  }

  static ObjectNode payload(ObjectNode jws) {
    return tree(B64u.decode(jws.get("payload").stringValue()).orElseThrow());
  }

  static ObjectNode object(ObjectNode parent, String name) {
    return (ObjectNode) parent.get(name);
  }

  /** Expects the refusal, and that it is told in words. */
  static void refused(Code code, ThrowingCallable action) {
    ProtectorException refusal = Assertions.catchThrowableOfType(ProtectorException.class, action);
    Assertions.assertThat(refusal).as("refused with " + code).isNotNull();
    Assertions.assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(code);
    Assertions.assertThat(refusal.detail()).isNotBlank();
    Assertions.assertThat(refusal.getCause()).isNull();
  }
}
