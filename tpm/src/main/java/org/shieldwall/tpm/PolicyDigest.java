package org.shieldwall.tpm;

/**
 * A policy computed without a TPM (Part 1, section 19.7; Part 3, section 23): the value a policy
 * session has after the same assertions in the same order.
 *
 * @param hash the policy's hash, which is the name algorithm of the object it protects
 * @param value the digest so far
 */
public record PolicyDigest(TpmHash hash, Bytes value) {
  private static final long POLICY_SECRET = 0x151;
  private static final long POLICY_AUTHORIZE = 0x16A;
  private static final long POLICY_AUTH_VALUE = 0x16B;
  private static final long POLICY_PCR = 0x17F;

  /** {@return the policy that asserts nothing yet} */
  public static PolicyDigest start(TpmHash hash) {
    return new PolicyDigest(hash, Bytes.zeros(hash.size()));
  }

  /**
   * {@return this and PolicyPCR: the selected PCRs have the values behind this digest}
   *
   * @param pcrDigest as {@link PcrValues#digest} gives it
   */
  public PolicyDigest pcr(PcrSelection selection, Bytes pcrDigest) {
    return with(
        new ByteWriter().u32(POLICY_PCR).bytes(selection.marshal()).bytes(pcrDigest).toBytes());
  }

  /** {@return this and PolicySecret: the caller knows the authorization value of an entity} */
  public PolicyDigest secret(TpmName entity, Bytes policyRef) {
    return with(POLICY_SECRET, entity, policyRef);
  }

  /**
   * {@return the policy that a key's owner may replace by another, signed one} PolicyAuthorize
   * forgets what was asserted before (Part 3, section 23.16).
   */
  public PolicyDigest authorize(TpmName key, Bytes policyRef) {
    return start(hash).with(POLICY_AUTHORIZE, key, policyRef);
  }

  /** {@return this and PolicyAuthValue: the caller knows the object's own authorization value} */
  public PolicyDigest authValue() {
    return with(new ByteWriter().u32(POLICY_AUTH_VALUE).toBytes());
  }

  /**
   * {@return what PolicyAuthorize's key signs to approve {@code this} policy} The signature's
   * message digest is this value (Part 3, section 23.16: aHash).
   */
  public Bytes toApprove(TpmHash signatureHash, Bytes policyRef) {
    return signatureHash.hash(value, policyRef);
  }

  private PolicyDigest with(long command, TpmName entity, Bytes policyRef) {
    PolicyDigest named = with(new ByteWriter().u32(command).bytes(entity.value()).toBytes());
    return named.with(policyRef);
  }

  private PolicyDigest with(Bytes more) {
    return new PolicyDigest(hash, hash.hash(value, more));
  }
}
