package org.shieldwall.protector;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.HmacSha384;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * A VM's transport key, locked for the holders that its owner granted it to. An instance has been
 * verified as far as that needs no private key: grant by its owner, keying by a holder of that
 * grant, wrappings for exactly its holders. {@link #open} verifies the rest. Immutable.
 */
public final class KeyProtector {
  public static final String FORMAT = "shieldwall-key-protector-1";
  public static final int MAX_BYTES = 256 << 10;
  public static final int TRANSPORT_KEY_BYTES = 32;
  private static final int MAC_BYTES = 48;

  private final Grant grant;
  private final Keying keying;
  private final byte[] mac;

  private KeyProtector(Grant grant, Keying keying, byte[] mac) {
    this.grant = grant;
    this.keying = keying;
    this.mac = mac;
  }

  /** A protector and its transport key; closing it closes the key. */
  public record Created(KeyProtector protector, SecretBytes transportKey) implements AutoCloseable {
    @Override
    public void close() {
      transportKey.close();
    }
  }

  /** {@return a new protector of generation 0, for shielding data, by the owner of the grant} */
  public static Created createForShieldingData(
      Grant grant, PrivateKeySet owner, SecureRandom random, SecretArena arena)
      throws ProtectorException {
    return create(grant, Optional.empty(), 0, owner, random, arena);
  }

  /** {@return a new protector of a VM's generation 1, by the owner of the grant} */
  public static Created createForVm(
      Grant grant, UUID vm, PrivateKeySet owner, SecureRandom random, SecretArena arena)
      throws ProtectorException {
    return create(grant, Optional.of(vm), 1, owner, random, arena);
  }

  private static Created create(
      Grant grant,
      Optional<UUID> vm,
      long generation,
      PrivateKeySet owner,
      SecureRandom random,
      SecretArena arena)
      throws ProtectorException {
    if (!owner.id().equals(grant.owner().id())) {
      throw new ProtectorException(Code.UNKNOWN_SIGNER, owner.id() + " is not the grant's owner");
    }
    return make(grant, vm, generation, owner, random, arena);
  }

  private static Created make(
      Grant grant,
      Optional<UUID> vm,
      long generation,
      PrivateKeySet signer,
      SecureRandom random,
      SecretArena arena) {
    SecretBytes key = SecretBytes.random(arena, TRANSPORT_KEY_BYTES, random);
    Keying keying = Keying.make(grant, vm, generation, key, signer, random, arena);
    return new Created(new KeyProtector(grant, keying, mac(keying, key)), key);
  }

  /** Reads and verifies a whole document. */
  public static KeyProtector parse(byte[] bytes) throws ProtectorException {
    return fromJson(Json.parse(bytes, "key protector", MAX_BYTES));
  }

  /** Reads and verifies a protector that stands inside another document. */
  public static KeyProtector fromJson(Json json) throws ProtectorException {
    json.format(FORMAT).members("format", "grant", "keying", "mac");
    Grant grant = Grant.fromJson(json.at("grant"));
    Keying keying = Keying.fromJson(json.at("keying"), grant);
    return new KeyProtector(grant, keying, json.at("mac").bytes(MAC_BYTES));
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.object().put("format", FORMAT);
    json.set("grant", grant.toJson());
    json.set("keying", keying.toJson());
    return json.put("mac", B64u.encode(mac));
  }

  public byte[] toBytes() {
    return Json.bytes(toJson());
  }

  public Grant grant() {
    return grant;
  }

  /** {@return the VM}, empty in shielding data. */
  public Optional<UUID> vm() {
    return keying.vm();
  }

  /** {@return 0 in shielding data, 1 and more for a VM} */
  public long generation() {
    return keying.generation();
  }

  /** {@return who signed the keying: the owner or a guardian of the grant} */
  public KeyId signer() {
    return keying.signer();
  }

  /** {@return whether the keying is by the owner} */
  public boolean signedByOwner() {
    return keying.signer().equals(grant.owner().id());
  }

  /** {@return SHA-256 over the digests of grant and keying and the mac} */
  public Digest digest() {
    return Digest.of(grant.digest().bytes(), keying.digest().bytes(), mac);
  }

  /** Refuses with {@code EXPIRED} from the end of the owner's policy on. */
  public void requireUnexpired(Instant now) throws ProtectorException {
    if (grant.policy().expiredAt(now)) {
      throw new ProtectorException(Code.EXPIRED, "since " + grant.policy().expires().orElseThrow());
    }
  }

  /** {@return the transport key}, its wrapping opened and the keying checked against it. */
  public SecretBytes open(PrivateKeySet holder, SecretArena arena) throws ProtectorException {
    SecretBytes key = keying.open(holder, grant, arena);
    try {
      requireKey(key);
      return key;
    } catch (ProtectorException e) {
      key.close();
      throw e;
    }
  }

  /**
   * Replaces a VM's transport key by a new one of the next generation.
   *
   * @throws ProtectorException what {@link #open} does, and {@code GENERATION_MISMATCH} in
   *     shielding data
   */
  public IngressEgress roll(PrivateKeySet holder, SecureRandom random, SecretArena arena)
      throws ProtectorException {
    if (vm().isEmpty() || generation() == Json.MAX_NUMBER) {
      throw new ProtectorException(
          Code.GENERATION_MISMATCH, "generation " + generation() + " has no next one");
    }
    return continueAs(vm().get(), generation() + 1, holder, random, arena);
  }

  /**
   * Makes the first generation of a new VM from shielding data.
   *
   * @throws ProtectorException what {@link #open} does, and {@code GENERATION_MISMATCH} if this is
   *     a VM's
   */
  public IngressEgress provision(
      UUID newVm, PrivateKeySet holder, SecureRandom random, SecretArena arena)
      throws ProtectorException {
    if (vm().isPresent()) {
      throw new ProtectorException(
          Code.GENERATION_MISMATCH, "a VM's protector provisions no other VM");
    }
    return continueAs(newVm, 1, holder, random, arena);
  }

  private IngressEgress continueAs(
      UUID vm, long generation, PrivateKeySet holder, SecureRandom random, SecretArena arena)
      throws ProtectorException {
    SecretBytes ingress = open(holder, arena);
    Created next = make(grant, Optional.of(vm), generation, holder, random, arena);
    return new IngressEgress(ingress, next.transportKey(), next.protector());
  }

  /** Refuses with {@code WRONG_MAC} a transport key that this keying was not made with. */
  void requireKey(SecretBytes transportKey) throws ProtectorException {
    if (!MessageDigest.isEqual(mac(keying, transportKey), mac)) {
      throw new ProtectorException(
          Code.WRONG_MAC, "generation " + generation() + ", signed by " + signer());
    }
  }

  private static byte[] mac(Keying keying, SecretBytes transportKey) {
    try (SecretBytes key = transportKey.derive(KeyLabel.KEYING_MAC)) {
      return HmacSha384.of(key, keying.payload());
    }
  }

  @Override
  public String toString() {
    return "KeyProtector[vm "
        + vm().map(UUID::toString).orElse("-")
        + ", generation "
        + generation()
        + ", "
        + grant
        + "]";
  }
}
