package org.shieldwall.host.attest.hostkey;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Arrays;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmSignature;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmObject;

/**
 * A host key on P-256 that its TPM made and that cannot leave it. Made anew from the endorsement
 * hierarchy's seed each time, so that nothing is stored. It cannot be copied; whoever is root on
 * this host can have it sign.
 */
public final class TpmResidentKey implements HostKeySigner {
  private static final int NUMBER_BYTES = 32;

  private final TpmAddress place;
  private final Tpm tpm;
  private final TpmObject key;
  private final PublicKey publicKey;

  private TpmResidentKey(TpmAddress place, Tpm tpm, TpmObject key, PublicKey publicKey) {
    this.place = place;
    this.tpm = tpm;
    this.key = key;
    this.publicKey = publicKey;
  }

  /** Opens the TPM and makes the key. */
  public static TpmResidentKey open(TpmAddress place) throws AgentException {
    Tpm tpm;
    try {
      tpm = place.open();
    } catch (IOException | TpmException e) {
      throw unusable(place, e);
    }
    try {
      TpmObject key =
          tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.signingEccP256(salt()));
      return new TpmResidentKey(place, tpm, key, key.area().publicKey());
    } catch (TpmException | MalformedException | RuntimeException e) {
      closeQuietly(tpm);
      throw unusable(place, e);
    }
  }

  private static void closeQuietly(Tpm tpm) {
    try {
      tpm.close();
    } catch (TpmException e) {
      // The failure that led here is the one to tell.
    }
  }

  private static Bytes salt() {
    return TpmHash.SHA256.hash(
        Bytes.of("shieldwall host key 1".getBytes(StandardCharsets.US_ASCII)));
  }

  @Override
  public PublicKey publicKey() {
    return publicKey;
  }

  @Override
  public Bytes sign(Bytes message) throws AgentException {
    try {
      TpmSignature signature =
          tpm.keys().sign(key, Authorization.none(), TpmHash.SHA256.hash(message));
      return switch (signature) {
        case TpmSignature.Ecdsa ecdsa -> Bytes.concat(fixed(ecdsa.r()), fixed(ecdsa.s()));
        case TpmSignature.Rsa _ -> throw unusable(place, new IOException("an RSA signature"));
      };
    } catch (TpmException e) {
      throw unusable(place, e);
    }
  }

  /** A TPM may leave leading zeros out. */
  private static Bytes fixed(Bytes number) {
    byte[] bytes = number.toArray();
    byte[] whole = new byte[NUMBER_BYTES];
    int kept = Math.min(bytes.length, NUMBER_BYTES);
    System.arraycopy(
        Arrays.copyOfRange(bytes, bytes.length - kept, bytes.length),
        0,
        whole,
        NUMBER_BYTES - kept,
        kept);
    return Bytes.of(whole);
  }

  private static AgentException unusable(TpmAddress place, Exception problem) {
    return new AgentException(
        Kind.UNAVAILABLE,
        "tpm-not-usable",
        "the TPM (" + place + ") does not serve: " + problem.getMessage(),
        "is it there, and may you use it? Otherwise: shieldwall host key new --file FILE");
  }

  @Override
  public void close() throws AgentException {
    try {
      key.close();
    } catch (TpmException e) {
      throw unusable(place, e);
    } finally {
      closeQuietly(tpm);
    }
  }
}
