package org.shieldwall.tpm;

/**
 * A secret for the TPM that holds both an endorsement key and the attestation key it names (Part 1,
 * section 24): what TPM2_MakeCredential makes and TPM2_ActivateCredential opens.
 *
 * @param idObject TPM2B_ID_OBJECT, its length included
 * @param encryptedSecret TPM2B_ENCRYPTED_SECRET, its length included
 */
public record Credential(Bytes idObject, Bytes encryptedSecret) {
  /** {@return both parts, one after the other} */
  public Bytes marshal() {
    return Bytes.concat(idObject, encryptedSecret);
  }

  /** {@return the credential that {@link #marshal} wrote} */
  public static Credential parse(byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, "TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET");
    Bytes idObject = new ByteWriter().sized(Tpm2b.read(in, "idObject", 256)).toBytes();
    Bytes secret = new ByteWriter().sized(Tpm2b.read(in, "encryptedSecret", 512)).toBytes();
    in.end();
    return new Credential(idObject, secret);
  }
}
