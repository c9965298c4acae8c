package org.shieldwall.protector.secret;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.Security;

/** Whose cryptography does the work: the JDK's alone, or the one that the service prefers to it. */
public enum Cryptography {
  JDK,
  CORRETTO;

  /** First stays the JDK's own SUN, as in the service. */
  private static final int BEFORE_ALL_BUT_HASHES = 2;

  /** What is tried. */
  public interface Trial {
    void run() throws Exception;
  }

  /** Tries something with this one, and leaves everything as it was. */
  public void doing(Trial trial) throws Exception {
    if (this == JDK) {
      trial.run();
      return;
    }
    AmazonCorrettoCryptoProvider provider = AmazonCorrettoCryptoProvider.INSTANCE;
    assumeTrue(
        provider.getLoadingError() == null, "skipped: the Corretto provider does not run here");
    int _ = Security.insertProviderAt(provider, BEFORE_ALL_BUT_HASHES);
    try {
      trial.run();
    } finally {
      Security.removeProvider(provider.getName());
    }
  }

  /** {@return the provider's name} of what is used most */
  public String provider() {
    return switch (this) {
      case JDK -> "Sun";
      case CORRETTO -> AmazonCorrettoCryptoProvider.PROVIDER_NAME;
    };
  }
}
