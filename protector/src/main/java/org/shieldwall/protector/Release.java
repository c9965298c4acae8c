package org.shieldwall.protector;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Optional;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.WrappingContext.Purpose;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * The key protection service's answer: the next protector, and both keys sealed to one enclave and
 * one request. Reading it verifies the protector's signatures; {@link #open} verifies the rest.
 */
public final class Release {
  public static final String FORMAT = "shieldwall-release-1";
  public static final int MAX_BYTES = 512 << 10;
  private static final int KEY_BYTES = KeyProtector.TRANSPORT_KEY_BYTES;

  private static final int TERMS = 32 + 2 * KEY_BYTES + Digest.BYTES;

  private final Wrapping sealed;
  private final KeyProtector protector;
  private final ReleasedHost host;

  private Release(Wrapping sealed, KeyProtector protector, ReleasedHost host) {
    this.sealed = sealed;
    this.protector = protector;
    this.host = host;
  }

  /**
   * Seals what a roll gave to the enclave that asked for it.
   *
   * @param request verified against {@code enclave}
   */
  public static Release seal(
      ReleaseRequest request,
      KeySet enclave,
      IngressEgress keys,
      SecureRandom random,
      SecretArena arena)
      throws ProtectorException {
    if (!request.enclave().equals(enclave.id())) {
      throw new ProtectorException(Code.ENCLAVE_MISMATCH, "the request is by another enclave");
    }
    byte[] plaintext = new byte[Purpose.RELEASE.secretBytes()];
    SecretAccess access = SecretAccess.because("plaintext of a release");
    System.arraycopy(request.nonce(), 0, plaintext, 0, 32);
    keys.ingress().exposeInto(access, plaintext, 32);
    keys.egress().exposeInto(access, plaintext, 32 + KEY_BYTES);
    System.arraycopy(keys.next().digest().bytes(), 0, plaintext, 32 + 2 * KEY_BYTES, Digest.BYTES);
    keys.terms().putInto(plaintext, TERMS);
    try (SecretBytes secret = SecretBytes.takeFrom(arena, plaintext)) {
      return new Release(
          Wrapping.seal(secret, context(keys.next(), enclave.id()), enclave, random, arena),
          keys.next(),
          keys.terms().host());
    }
  }

  /** Reads a release, verifying the protector's signatures. */
  public static Release fromJson(Json json) throws ProtectorException {
    json.format(FORMAT).members("format", "sealed", "protector", "host");
    return new Release(
        Wrapping.fromJson(json.at("sealed")),
        KeyProtector.fromJson(json.at("protector")),
        ReleasedHost.fromJson(json.at("host")));
  }

  /** Reads a whole document. */
  public static Release parse(byte[] bytes) throws ProtectorException {
    return fromJson(Json.parse(bytes, "release", MAX_BYTES));
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.object().put("format", FORMAT);
    json.set("sealed", sealed.toJson());
    json.set("protector", protector.toJson());
    json.set("host", host.toJson());
    return json;
  }

  public byte[] toBytes() {
    return Json.bytes(toJson());
  }

  /** {@return the next protector} */
  public KeyProtector protector() {
    return protector;
  }

  /**
   * {@return the keys and the next protector}, if this answers {@code pending} and fits the
   * protector that it was asked for. Whatever comes out, {@code pending} has had its answer.
   *
   * @param arena where the keys are put
   */
  public IngressEgress open(PendingRelease pending, PrivateKeySet enclave, SecretArena arena)
      throws ProtectorException {
    pending.takeAnswer();
    requireFollows(pending.protector());
    try (SecretBytes secret = sealed.open(enclave, context(protector, enclave.id()), arena);
        SecretBytes nonce = secret.slice(0, 32);
        SecretBytes digest = secret.slice(32 + 2 * KEY_BYTES, Digest.BYTES);
        SecretBytes terms = secret.slice(TERMS, ReleaseTerms.BYTES)) {
      if (!holds(nonce, pending.request().nonce())) {
        throw new ProtectorException(Code.NOT_REQUESTED, "the release answers another request");
      }
      if (!holds(digest, protector.digest().bytes())) {
        throw new ProtectorException(
            Code.PROTECTOR_MISMATCH, "the release was made for another next protector");
      }
      ReleaseTerms opened = open(terms);
      SecretBytes ingress = secret.slice(32, KEY_BYTES);
      SecretBytes egress = secret.slice(32 + KEY_BYTES, KEY_BYTES);
      IngressEgress keys = new IngressEgress(ingress, egress, protector, opened);
      try {
        pending.protector().requireKey(ingress);
        protector.requireKey(egress);
        return keys;
      } catch (ProtectorException e) {
        keys.close();
        throw e;
      }
    }
  }

  private ReleaseTerms open(SecretBytes terms) throws ProtectorException {
    return terms.<ReleaseTerms, ProtectorException>expose(
        SecretAccess.because("terms of a release, which are no secret"),
        bytes -> ReleaseTerms.of(bytes, host));
  }

  private void requireFollows(KeyProtector old) throws ProtectorException {
    if (!protector.grant().digest().equals(old.grant().digest())) {
      throw new ProtectorException(Code.GRANT_MISMATCH, "the release is under another grant");
    }
    if (protector.signedByOwner()) {
      throw new ProtectorException(
          Code.UNKNOWN_SIGNER, "the next keying is not by a guardian of the grant");
    }
    boolean sameVm = old.vm().isEmpty() || old.vm().equals(protector.vm());
    if (protector.vm().isEmpty() || !sameVm || protector.generation() != old.generation() + 1) {
      throw new ProtectorException(
          Code.GENERATION_MISMATCH,
          "generation "
              + protector.generation()
              + " follows "
              + old.generation()
              + (sameVm ? "" : " of another VM"));
    }
  }

  private static boolean holds(SecretBytes secret, byte[] expected) {
    return secret.expose(
        SecretAccess.because("comparison with a public value"),
        bytes -> MessageDigest.isEqual(bytes, expected));
  }

  private static WrappingContext context(KeyProtector next, KeyId enclave) {
    return new WrappingContext(
        Purpose.RELEASE,
        next.grant().digest(),
        Optional.of(next.vm().orElseThrow()),
        next.generation(),
        enclave);
  }
}
