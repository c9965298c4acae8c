package org.shieldwall.evidence.x509;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.tpm.MalformedException;

/** How a certificate is signed (RFC 5280, 4055, 5758). */
final class SignatureAlgorithm {
  private static final String RSASSA_PSS = "1.2.840.113549.1.1.10";

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("1.2.840.113549.1.1.5", "SHA1withRSA"),
          Map.entry("1.2.840.113549.1.1.11", "SHA256withRSA"),
          Map.entry("1.2.840.113549.1.1.12", "SHA384withRSA"),
          Map.entry("1.2.840.113549.1.1.13", "SHA512withRSA"),
          Map.entry("1.2.840.10045.4.1", "SHA1withECDSA"),
          Map.entry("1.2.840.10045.4.3.2", "SHA256withECDSA"),
          Map.entry("1.2.840.10045.4.3.3", "SHA384withECDSA"),
          Map.entry("1.2.840.10045.4.3.4", "SHA512withECDSA"));

  private static final Map<String, String> HASHES =
      Map.of(
          "1.3.14.3.2.26", "SHA-1",
          "2.16.840.1.101.3.4.2.1", "SHA-256",
          "2.16.840.1.101.3.4.2.2", "SHA-384",
          "2.16.840.1.101.3.4.2.3", "SHA-512");

  private final String oid;
  private final Optional<String> pssHash;
  private final int saltLength;

  private SignatureAlgorithm(String oid, Optional<String> pssHash, int saltLength) {
    this.oid = oid;
    this.pssHash = pssHash;
    this.saltLength = saltLength;
  }

  static SignatureAlgorithm read(Der identifier) throws MalformedException {
    identifier.require(Der.SEQUENCE, "AlgorithmIdentifier");
    String oid = identifier.child(0, "algorithm").oid();
    if (!oid.equals(RSASSA_PSS)) {
      return new SignatureAlgorithm(oid, Optional.empty(), 0);
    }
    Optional<String> hash = Optional.of("SHA-1");
    int salt = 20;
    for (Der parameter : identifier.child(1, "RSASSA-PSS-params").children()) {
      if (parameter.tag() == 0xA0) {
        hash = Optional.ofNullable(HASHES.get(parameter.child(0, "hash").child(0, "oid").oid()));
      } else if (parameter.tag() == 0xA2) {
        Der length = parameter.child(0, "saltLength").require(Der.INTEGER, "saltLength");
        if (length.length() != 1 || length.value()[0] < 0) {
          throw Der.malformed(length.start(), "a salt of 0 to 127 bytes", "another length");
        }
        salt = length.value()[0];
      }
    }
    return new SignatureAlgorithm(oid, hash, salt);
  }

  String describe() {
    return oid.equals(RSASSA_PSS)
        ? "RSASSA-PSS with " + pssHash.orElse("an unknown hash")
        : NAMES.getOrDefault(oid, "unsupported signature algorithm " + oid);
  }

  /** {@return whether the signature is good; false for anything that cannot be checked} */
  boolean verifies(PublicKey key, byte[] signed, byte[] signature) {
    try {
      Optional<Signature> verifier = verifier();
      if (verifier.isEmpty()) {
        return false;
      }
      verifier.get().initVerify(key);
      verifier.get().update(signed);
      return verifier.get().verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private Optional<Signature> verifier() throws GeneralSecurityException {
    if (!oid.equals(RSASSA_PSS)) {
      String name = NAMES.get(oid);
      return name == null ? Optional.empty() : Optional.of(Signature.getInstance(name));
    }
    if (pssHash.isEmpty()) {
      return Optional.empty();
    }
    Signature signature = Signature.getInstance("RSASSA-PSS");
    signature.setParameter(
        new PSSParameterSpec(
            pssHash.get(), "MGF1", new MGF1ParameterSpec(pssHash.get()), saltLength, 1));
    return Optional.of(signature);
  }
}
