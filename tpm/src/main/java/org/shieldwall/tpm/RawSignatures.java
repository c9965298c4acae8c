package org.shieldwall.tpm;

import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;

/** Signatures as other tools write them: without TPMT_SIGNATURE's header. */
final class RawSignatures {
  private static final int SEQUENCE = 0x30;
  private static final int INTEGER = 0x02;

  private RawSignatures() {}

  static TpmSignature read(PublicKey key, TpmAlgorithm scheme, TpmHash hash, byte[] bytes)
      throws MalformedException {
    return switch (scheme) {
      case RSASSA, RSAPSS -> {
        if (!(key instanceof RSAPublicKey rsa)) {
          throw malformed(0, "an RSA key for an RSA signature", key.getAlgorithm());
        }
        // RFC 8017, sections 8.1.2 and 8.2.2: as long as the modulus.
        int size = (rsa.getModulus().bitLength() + 7) / 8;
        if (bytes.length != size) {
          throw malformed(0, size + " bytes, as the key's modulus has", bytes.length + " bytes");
        }
        yield new TpmSignature.Rsa(scheme, hash, Bytes.of(bytes));
      }
      case ECDSA -> ecdsa(key, hash, bytes);
      default -> throw malformed(0, "RSASSA, RSAPSS or ECDSA", scheme.name());
    };
  }

  private static TpmSignature ecdsa(PublicKey key, TpmHash hash, byte[] bytes)
      throws MalformedException {
    if (!(key instanceof ECPublicKey ec)) {
      throw malformed(0, "an EC key for an ECDSA signature", key.getAlgorithm());
    }
    int size = (ec.getParams().getOrder().bitLength() + 7) / 8;
    if (bytes.length == 2 * size) {
      Bytes both = Bytes.of(bytes);
      return new TpmSignature.Ecdsa(hash, both.slice(0, size), both.slice(size, 2 * size));
    }
    ByteReader in = ByteReader.bigEndian(bytes, "ECDSA signature");
    ByteReader sequence = in.slice(header(in, SEQUENCE), "SEQUENCE");
    in.end();
    Bytes r = integer(sequence, size);
    Bytes s = integer(sequence, size);
    sequence.end();
    return new TpmSignature.Ecdsa(hash, r, s);
  }

  private static Bytes integer(ByteReader in, int size) throws MalformedException {
    int length = header(in, INTEGER);
    if (length == 0 || length > size + 1) {
      throw malformed(in.offset(), "1 to " + (size + 1) + " bytes", length + " bytes");
    }
    return Bytes.adopt(in.bytes(length, "INTEGER"));
  }

  private static int header(ByteReader in, int tag) throws MalformedException {
    long at = in.offset();
    int found = in.u8("tag");
    if (found != tag) {
      throw malformed(at, "DER tag 0x%02x".formatted(tag), "0x%02x".formatted(found));
    }
    int length = in.u8("length");
    if (length == 0x81) {
      length = in.u8("length");
    } else if (length > 0x81) {
      throw malformed(at + 1, "a length below 256", "0x%02x".formatted(length));
    }
    return length;
  }

  private static MalformedException malformed(long offset, String expected, String found) {
    return new MalformedException("signature", offset, expected, found);
  }
}
