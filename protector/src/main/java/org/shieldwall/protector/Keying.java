package org.shieldwall.protector;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.WrappingContext.Purpose;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One generation of a VM's transport key, wrapped for every holder of the grant and signed by one
 * of them. Verified against its grant.
 */
final class Keying {
  static final String FORMAT = "shieldwall-keying-1";
  static final int MAX_PAYLOAD = 96 << 10;

  private record Entry(KeyId holder, Wrapping wrapping) {}

  private final Optional<UUID> vm;
  private final long generation;
  private final KeyId signer;
  private final List<Entry> entries;
  private final Jws document;

  private Keying(
      Optional<UUID> vm, long generation, KeyId signer, List<Entry> entries, Jws document) {
    this.vm = vm;
    this.generation = generation;
    this.signer = signer;
    this.entries = entries;
    this.document = document;
  }

  static Keying make(
      Grant grant,
      Optional<UUID> vm,
      long generation,
      SecretBytes transportKey,
      PrivateKeySet signer,
      SecureRandom random,
      SecretArena arena) {
    ObjectNode payload = Json.object().put("format", FORMAT).put("grant", grant.digest().text());
    if (vm.isPresent()) {
      payload.put("vm", vm.get().toString());
    } else {
      payload.putNull("vm");
    }
    payload.put("generation", generation).put("signer", signer.id().text());
    ArrayNode list = payload.putArray("wrappings");
    List<Entry> entries = new ArrayList<>();
    for (Guardian holder : grant.holders()) {
      WrappingContext context =
          new WrappingContext(Purpose.TRANSPORT_KEY, grant.digest(), vm, generation, holder.id());
      Wrapping wrapping = Wrapping.seal(transportKey, context, holder.keys(), random, arena);
      entries.add(new Entry(holder.id(), wrapping));
      list.addObject().put("holder", holder.id().text()).set("wrapping", wrapping.toJson());
    }
    return new Keying(
        vm, generation, signer.id(), entries, Jws.sign(FORMAT, payload, signer, random));
  }

  /** Reads, and verifies everything that needs no private key. */
  static Keying fromJson(Json json, Grant grant) throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_PAYLOAD);
    Json payload =
        document
            .untrustedPayload()
            .members("format", "grant", "vm", "generation", "signer", "wrappings");
    KeyId signer = payload.at("signer").keyId();
    Guardian signing =
        grant
            .holder(signer)
            .orElseThrow(
                () -> new ProtectorException(Code.UNKNOWN_SIGNER, "keying signed by " + signer));
    document.verify(signing.keys().signing());
    if (!payload.at("grant").digest().equals(grant.digest())) {
      throw new ProtectorException(
          Code.GRANT_MISMATCH, "the keying names another grant than the one beside it");
    }
    long generation = payload.at("generation").number(0, Json.MAX_NUMBER);
    Optional<Json> vmText = payload.nullable("vm");
    Optional<UUID> vm = vmText.isPresent() ? Optional.of(vmText.get().uuid()) : Optional.empty();
    checkGeneration(vm, generation, signer, grant);
    return new Keying(vm, generation, signer, entries(payload, grant), document);
  }

  /**
   * Generation 0 is the owner's alone: it decides under which key the shielding data are. A
   * guardian only ever continues from a generation that it could open.
   */
  private static void checkGeneration(Optional<UUID> vm, long generation, KeyId signer, Grant grant)
      throws ProtectorException {
    if (vm.isPresent() != (generation > 0)) {
      throw new ProtectorException(
          Code.GENERATION_MISMATCH,
          "generation " + generation + (vm.isPresent() ? " with" : " without") + " a VM");
    }
    if (generation == 0 && !signer.equals(grant.owner().id())) {
      throw new ProtectorException(
          Code.UNKNOWN_SIGNER, "generation 0 is not signed by the owner but by " + signer);
    }
  }

  private static List<Entry> entries(Json payload, Grant grant) throws ProtectorException {
    List<Entry> entries = new ArrayList<>();
    Set<KeyId> seen = new HashSet<>();
    for (Json element : payload.at("wrappings").list(0, 2 * Grant.MAX_GUARDIANS)) {
      element.members("holder", "wrapping");
      KeyId holder = element.at("holder").keyId();
      if (grant.holder(holder).isEmpty() || !seen.add(holder)) {
        throw new ProtectorException(Code.EXTRA_WRAPPING, element.where() + ", for " + holder);
      }
      entries.add(new Entry(holder, Wrapping.fromJson(element.at("wrapping"))));
    }
    for (Guardian holder : grant.holders()) {
      if (!seen.contains(holder.id())) {
        throw new ProtectorException(Code.MISSING_WRAPPING, "for " + holder);
      }
    }
    return List.copyOf(entries);
  }

  /** {@return the transport key}, not yet checked against a mac. */
  SecretBytes open(PrivateKeySet keys, Grant grant, SecretArena arena) throws ProtectorException {
    for (Entry entry : entries) {
      if (entry.holder().equals(keys.id())) {
        WrappingContext context =
            new WrappingContext(Purpose.TRANSPORT_KEY, grant.digest(), vm, generation, keys.id());
        return entry.wrapping().open(keys, context, arena);
      }
    }
    throw new ProtectorException(Code.UNKNOWN_GUARDIAN, "no wrapping for " + keys.id());
  }

  Optional<UUID> vm() {
    return vm;
  }

  long generation() {
    return generation;
  }

  KeyId signer() {
    return signer;
  }

  byte[] payload() {
    return document.payload();
  }

  Digest digest() {
    return document.digest();
  }

  ObjectNode toJson() {
    return document.toJson();
  }
}
