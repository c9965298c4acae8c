package org.shieldwall.tpm;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Optional;
import java.util.stream.Stream;

/** Elliptic curves, TPM_ECC_CURVE (TCG Algorithm Registry, section 7). */
public enum TpmCurve {
  /** NIST P-192: known, not supported. */
  NIST_P192(0x0001, "", 24),
  /** NIST P-224: known, not supported. */
  NIST_P224(0x0002, "", 28),
  /** NIST P-256. */
  NIST_P256(0x0003, "secp256r1", 32),
  /** NIST P-384. */
  NIST_P384(0x0004, "secp384r1", 48),
  /** NIST P-521. */
  NIST_P521(0x0005, "secp521r1", 66),
  /** Barreto-Naehrig 256: known, not supported. */
  BN_P256(0x0010, "", 32),
  /** Barreto-Naehrig 638: known, not supported. */
  BN_P638(0x0011, "", 80),
  /** SM2's curve: known, not supported. */
  SM2_P256(0x0020, "", 32);

  private final int id;
  private final String javaName;
  private final int size;

  TpmCurve(int id, String javaName, int size) {
    this.id = id;
    this.javaName = javaName;
    this.size = size;
  }

  /** {@return the TPM_ECC_CURVE} */
  public int id() {
    return id;
  }

  /** {@return length of one coordinate in bytes} */
  public int size() {
    return size;
  }

  /** {@return whether keys on this curve can be used here} */
  public boolean isSupported() {
    return !javaName.isEmpty();
  }

  /** {@return the curve with this TPM_ECC_CURVE} */
  public static Optional<TpmCurve> ofId(int id) {
    return Stream.of(values()).filter(each -> each.id == id).findFirst();
  }

  /** {@return the supported curve with these parameters} */
  public static Optional<TpmCurve> of(ECParameterSpec parameters) {
    return Stream.of(values())
        .filter(TpmCurve::isSupported)
        .filter(each -> {
          ECParameterSpec own = each.parameters();
          return own.getCurve().equals(parameters.getCurve())
              && own.getGenerator().equals(parameters.getGenerator())
              && own.getOrder().equals(parameters.getOrder())
              && own.getCofactor() == parameters.getCofactor();
        })
        .findFirst();
  }

  /**
   * {@return the curve's parameters}
   *
   * @throws UnsupportedOperationException for a curve that is known only by name
   */
  public ECParameterSpec parameters() {
    if (!isSupported()) {
      throw new UnsupportedOperationException(name() + " is known but not supported");
    }
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(javaName));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new UnsupportedOperationException(javaName + " is missing from this Java runtime", e);
    }
  }

  static TpmCurve read(ByteReader in, String field) throws MalformedException {
    long at = in.offset();
    int id = in.u16(field);
    Optional<TpmCurve> curve = ofId(id);
    if (curve.isEmpty()) {
      throw new MalformedException(field, at, "a known curve", "0x%04x".formatted(id));
    }
    return curve.get();
  }
}
