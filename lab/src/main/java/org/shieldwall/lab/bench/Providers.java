package org.shieldwall.lab.bench;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.Security;

/** The cryptography that the service runs with, for measurements in another process than its. */
final class Providers {
  private Providers() {}

  static void asTheService() {
    if (AmazonCorrettoCryptoProvider.INSTANCE.getLoadingError() == null) {
      int _ = Security.insertProviderAt(AmazonCorrettoCryptoProvider.INSTANCE, 2);
    }
  }
}
