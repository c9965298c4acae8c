package org.shieldwall.tpm.command;

import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmName;

/**
 * An authorization session, unsalted and unbound (Part 1, section 19.6). Close it to free its slot.
 */
public final class TpmSession implements AutoCloseable {
  /** What a session is for: TPM_SE (Part 2, section 6.11). */
  enum Kind {
    HMAC(0x00),
    POLICY(0x01),
    TRIAL(0x03);

    private final int id;

    Kind(int id) {
      this.id = id;
    }

    int id() {
      return id;
    }
  }

  private final TpmEngine engine;
  private final Kind kind;
  private final int handle;
  private final TpmHash hash;
  private Bytes nonceTpm;
  private boolean authValue;
  private boolean closed;

  TpmSession(TpmEngine engine, Kind kind, int handle, TpmHash hash, Bytes nonceTpm) {
    this.engine = engine;
    this.kind = kind;
    this.handle = handle;
    this.hash = hash;
    this.nonceTpm = nonceTpm;
  }

  static TpmSession start(TpmEngine engine, Kind kind, TpmHash hash) throws TpmException {
    Request request =
        Request.of(TpmCommand.START_AUTH_SESSION)
            .handle(Hierarchy.NULL) // no salt
            .handle(Hierarchy.NULL) // not bound
            .sized(AuthorizationArea.fresh(engine.random(), hash.size()))
            .sized(Bytes.EMPTY)
            .u8(kind.id())
            .u16(0x0010) // no parameter encryption
            .u16(hash.id());
    return engine.executeForHandle(
        request, (handle, in) -> new TpmSession(engine, kind, handle, hash, in.sized("nonceTPM")));
  }

  /** {@return the hash of the session and of its policy} */
  public TpmHash hash() {
    return hash;
  }

  /** The selected PCRs have the values they have now. */
  public TpmSession policyPcr(PcrSelection selection) throws TpmException {
    engine.execute(
        Request.of(TpmCommand.POLICY_PCR)
            .handle(handle)
            .sized(Bytes.EMPTY)
            .bytes(selection.marshal()));
    return this;
  }

  /** The caller may use {@code entity}. */
  public TpmSession policySecret(TpmEntity entity, Authorization authorization)
      throws TpmException {
    return policySecret(entity, authorization, Bytes.EMPTY);
  }

  /** The caller may use {@code entity}, for the purpose that {@code policyRef} names. */
  public TpmSession policySecret(TpmEntity entity, Authorization authorization, Bytes policyRef)
      throws TpmException {
    engine.execute(
        Request.of(TpmCommand.POLICY_SECRET)
            .authorized(entity, authorization)
            .handle(handle)
            .sized(Bytes.EMPTY)
            .sized(Bytes.EMPTY)
            .sized(policyRef)
            .u32(0),
        in -> {
          in.sized("timeout");
          in.u16("policyTicket.tag");
          in.u32("policyTicket.hierarchy");
          return in.sized("policyTicket.digest");
        });
    return this;
  }

  /**
   * What has been asserted so far is a policy that a key's owner approved.
   *
   * @param approved the policy approved, which must be what this session asserts
   * @param key name of the approving key
   * @param ticket what {@link Keys#verifySignature} gave for the approval
   */
  public TpmSession policyAuthorize(
      PolicyDigest approved, Bytes policyRef, TpmName key, VerifiedTicket ticket)
      throws TpmException {
    engine.execute(
        Request.of(TpmCommand.POLICY_AUTHORIZE)
            .handle(handle)
            .sized(approved.value())
            .sized(policyRef)
            .sized(key.value())
            .bytes(ticket.raw()));
    return this;
  }

  /** The caller knows the authorization value of the object the session is used with. */
  public TpmSession policyAuthValue() throws TpmException {
    engine.execute(Request.of(TpmCommand.POLICY_AUTH_VALUE).handle(handle));
    authValue = true;
    return this;
  }

  /** {@return what has been asserted so far} */
  public PolicyDigest policyDigest() throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.POLICY_GET_DIGEST).handle(handle),
        in -> new PolicyDigest(hash, in.sized("digest")));
  }

  int handle() {
    return handle;
  }

  Bytes nonceTpm() {
    return nonceTpm;
  }

  void rolled(Bytes nonce) {
    nonceTpm = nonce;
    // A policy session begins anew after each use (Part 1, section 19.7.4).
    authValue = false;
  }

  boolean provesAuthValue() {
    return kind == Kind.HMAC || authValue;
  }

  @Override
  public void close() throws TpmException {
    if (!closed) {
      closed = true;
      engine.flush(handle);
    }
  }

  @Override
  public String toString() {
    return kind + " session 0x%08x".formatted(handle);
  }
}
