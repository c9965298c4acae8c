package org.shieldwall.evidence.x509;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.MalformedException;

/**
 * Certificates as they lie in files and in a TPM's NV memory: PEM, one or many, with any text
 * around; DER; or DER behind the seven bytes of TCG_PCCLIENT_STORED_CERT (TCG PC Client
 * Implementation Specification for Conventional BIOS, section 7.4.5).
 */
public final class CertificateFile {
  /** Largest file read; vendors' bundles stay under 16 KiB. */
  public static final int MAXIMUM_SIZE = 4 << 20;

  private static final int MOST_CERTIFICATES = 1024;
  private static final String BEGIN = "-----BEGIN CERTIFICATE-----";
  private static final String END = "-----END CERTIFICATE-----";
  private static final int STORED_CERT = 0x1001;
  private static final int FULL_CERT = 0x1002;

  private CertificateFile() {}

  /** {@return the certificates in a file, at least one} */
  public static List<UntrustedCertificate> parse(byte[] bytes) throws MalformedException {
    if (bytes.length > MAXIMUM_SIZE) {
      throw Der.malformed(0, "at most " + MAXIMUM_SIZE + " bytes", bytes.length + " bytes");
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (text.contains(BEGIN)) {
      return pem(text);
    }
    if (bytes.length > 2 && bytes[0] == STORED_CERT >>> 8 && bytes[1] == (STORED_CERT & 0xFF)) {
      return List.of(UntrustedCertificate.parse(stored(bytes)));
    }
    return List.of(UntrustedCertificate.parse(bytes));
  }

  private static byte[] stored(byte[] bytes) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(bytes, "TCG_PCCLIENT_STORED_CERT");
    in.u16("tag");
    if (in.u8("certType") != 0) {
      throw in.malformed("a full certificate (certType 0)", "a partial one");
    }
    int size = in.u16("certSize");
    if (size < 2 || in.u16("cert.tag") != FULL_CERT) {
      throw in.malformed("TCG_FULL_CERT 0x1002", "another tag");
    }
    return in.bytes(size - 2L, "cert");
  }

  private static List<UntrustedCertificate> pem(String text) throws MalformedException {
    List<UntrustedCertificate> found = new ArrayList<>();
    int begin = text.indexOf(BEGIN);
    while (begin >= 0) {
      int from = begin + BEGIN.length();
      int end = text.indexOf(END, from);
      if (end < 0) {
        throw Der.malformed(begin, END, "the end of the file");
      }
      if (found.size() == MOST_CERTIFICATES) {
        throw Der.malformed(begin, "at most " + MOST_CERTIFICATES + " certificates", "more");
      }
      found.add(UntrustedCertificate.parse(decode(text.substring(from, end), from)));
      begin = text.indexOf(BEGIN, end);
    }
    return found;
  }

  private static byte[] decode(String base64, int offset) throws MalformedException {
    try {
      return Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
    } catch (IllegalArgumentException e) {
      throw Der.malformed(offset, "base64", "something else");
    }
  }
}
