package org.shieldwall.evidence.eventlog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * One key or hash of a Secure Boot database, EFI_SIGNATURE_DATA (UEFI section 32.4.1).
 *
 * @param kind {@code x509}, {@code sha256}, or the GUID of a type not looked into
 * @param owner GUID of who put it there
 * @param sha256 hash of the certificate, or the hash that is listed
 * @param subject the certificate's subject; empty for anything else
 */
public record SignatureEntry(String kind, String owner, Bytes sha256, String subject) {
  private static final String X509 = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";
  private static final String SHA256 = "c1c41626-504c-4092-aca9-41f936934328";
  private static final int LIST_HEADER = 16 + 4 + 4 + 4;
  private static final int OWNER = 16;

  /**
   * {@return what is in a variable that holds EFI_SIGNATURE_LISTs}
   *
   * @param most so many entries are read; more are refused, since each takes more memory here than
   *     the 17 bytes it may have in the log
   */
  public static List<SignatureEntry> parse(Bytes value, int most) throws MalformedException {
    ByteReader in = ByteReader.littleEndian(value.toArray(), "EFI_SIGNATURE_LIST");
    List<SignatureEntry> entries = new ArrayList<>();
    // Hundreds of hashes of one owner are usual.
    byte[] lastOwner = new byte[0];
    String owner = "";
    while (in.remaining() > 0) {
      String type = EfiVariable.guid(in.bytes(16, "signatureType"));
      long listSize = in.u32("signatureListSize");
      long headerSize = in.u32("signatureHeaderSize");
      long size = in.u32("signatureSize");
      ByteReader list = in.slice(listSize - LIST_HEADER, "signatures");
      list.bytes(headerSize, "signatureHeader");
      if (size <= OWNER || list.remaining() % size != 0) {
        throw in.malformed("signatures of " + size + " bytes", list.remaining() + " bytes");
      }
      while (list.remaining() > 0) {
        if (entries.size() >= most) {
          throw list.malformed("at most " + most + " signatures", "more");
        }
        byte[] nextOwner = list.bytes(OWNER, "signatureOwner");
        if (!Arrays.equals(nextOwner, lastOwner)) {
          owner = EfiVariable.guid(nextOwner);
          lastOwner = nextOwner;
        }
        entries.add(entry(type, owner, list.fixed(size - OWNER, "signatureData")));
      }
    }
    return entries;
  }

  private static SignatureEntry entry(String type, String owner, Bytes data) {
    return switch (type) {
      case X509 -> certificate(owner, data, subject(data).orElse(""));
      case SHA256 -> new SignatureEntry("sha256", owner, data, "");
      default -> new SignatureEntry(type, owner, TpmHash.SHA256.hash(data), "");
    };
  }

  private static SignatureEntry certificate(String owner, Bytes der, String subject) {
    return new SignatureEntry("x509", owner, TpmHash.SHA256.hash(der), subject);
  }

  /**
   * {@return the certificate in an authority's value, if there is one} It stands after its owner
   * (PFP section 3.3.4.8) or, where shim measured it, alone.
   */
  static List<SignatureEntry> authority(Bytes value) {
    Optional<String> alone = subject(value);
    if (alone.isPresent()) {
      return List.of(certificate("", value, alone.get()));
    }
    if (value.length() <= OWNER) {
      return List.of();
    }
    Bytes rest = value.slice(OWNER, value.length());
    String owner = EfiVariable.guid(value.slice(0, OWNER).toArray());
    return subject(rest).map(subject -> certificate(owner, rest, subject)).stream().toList();
  }

  private static Optional<String> subject(Bytes der) {
    try {
      return Optional.of(UntrustedCertificate.subject(der.toArray()).toString());
    } catch (MalformedException e) {
      return Optional.empty();
    }
  }
}
