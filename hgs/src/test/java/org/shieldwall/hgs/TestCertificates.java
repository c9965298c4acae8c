package org.shieldwall.hgs;

import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;

/** Certificates for tests of other packages. */
public final class TestCertificates {
  private TestCertificates() {}

  public static KeyPair newKey(SecureRandom random) {
    return Certificates.newKey("secp256r1", random);
  }

  public static X509Certificate forServer(KeyPair key, SecureRandom random) {
    return Certificates.forServer(key, "localhost", Instant.now(), random);
  }

  public static KeyPair newSignerKey(SecureRandom random) {
    return Certificates.newKey("secp384r1", random);
  }

  public static X509Certificate forSigner(KeyPair key, SecureRandom random) {
    return Certificates.forSigner(key, "test", Instant.now(), random);
  }
}
