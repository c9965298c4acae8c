package org.shieldwall.protocol;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Base64;

/** A host's public key as its administrator hands it over: PEM (RFC 7468, section 13). */
public final class HostKeyDocument {
  /** The longest file. */
  public static final int MAX_BYTES = 16 << 10;

  private static final int LINE = 64;

  private HostKeyDocument() {}

  /** {@return the file's content} */
  public static byte[] pem(PublicKey key) {
    String base64 = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(key.getEncoded());
    return ("-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
