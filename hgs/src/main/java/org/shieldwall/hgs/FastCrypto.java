package org.shieldwall.hgs;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.Security;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the Corretto provider before the JDK's own (but for hashes), for this process: its P-384
 * signatures, of which a release takes about ten, are an order of magnitude faster. Where its
 * native part does not run, the JDK's provider does everything, only slower.
 */
final class FastCrypto {
  private static final Logger LOG = LoggerFactory.getLogger(FastCrypto.class);

  /** First is the JDK's own SUN, whose SHA-256 of a few bytes costs no call out of Java. */
  private static final int BEFORE_ALL_BUT_HASHES = 2;

  private FastCrypto() {}

  static void prefer() {
    AmazonCorrettoCryptoProvider provider = AmazonCorrettoCryptoProvider.INSTANCE;
    if (provider.getLoadingError() != null) {
      LOG.info("the JDK's own cryptography is used: the faster provider does not run here");
      return;
    }
    // Does nothing if it is there already.
    int _ = Security.insertProviderAt(provider, BEFORE_ALL_BUT_HASHES);
  }
}
