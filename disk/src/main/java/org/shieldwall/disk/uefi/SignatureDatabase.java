package org.shieldwall.disk.uefi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * The content of {@code PK}, {@code KEK}, {@code db} or {@code dbx}: EFI_SIGNATURE_LISTs one after
 * the other (UEFI 2.10, section 32.4.1). Each list holds signatures of one type and one size.
 *
 * @param lists the lists in their order, which is part of what is measured
 */
public record SignatureDatabase(List<SignatureList> lists) {
  static final int MAXIMUM_SIZE = 1 << 20;

  public SignatureDatabase {
    lists = List.copyOf(lists);
  }

  /** {@return a database of no signature at all, as a variable that does not exist is measured} */
  public static SignatureDatabase empty() {
    return new SignatureDatabase(List.of());
  }

  /**
   * Reads the content of a signature database variable.
   *
   * @throws MalformedException if lists and sizes do not fill {@code bytes} exactly
   */
  public static SignatureDatabase parse(Bytes bytes) throws MalformedException {
    ByteReader reader = ByteReader.littleEndian(bytes.toArray(), "EFI_SIGNATURE_LIST");
    if (bytes.length() > MAXIMUM_SIZE) {
      throw reader.malformed("at most " + MAXIMUM_SIZE + " bytes", bytes.length() + " bytes");
    }
    List<SignatureList> lists = new ArrayList<>();
    while (reader.remaining() > 0) {
      lists.add(SignatureList.read(reader));
    }
    return new SignatureDatabase(lists);
  }

  /** {@return the bytes of the variable} */
  public Bytes encoded() {
    return Bytes.concat(lists.stream().map(SignatureList::encoded).toArray(Bytes[]::new));
  }

  /** {@return every signature of every list} */
  public List<Signature> signatures() {
    return lists.stream().flatMap(list -> list.signatures().stream()).toList();
  }

  /** EFI_SIGNATURE_LIST: {@code signatures} of one {@code type}, all of one size. */
  public record SignatureList(EfiGuid type, List<Signature> signatures) {
    private static final int HEADER = EfiGuid.SIZE + 12;

    public SignatureList {
      signatures = List.copyOf(signatures);
      if (signatures.isEmpty()) {
        throw new IllegalArgumentException("a signature list of no signature");
      }
      int size = signatures.getFirst().size();
      if (signatures.stream().anyMatch(signature -> signature.size() != size)) {
        throw new IllegalArgumentException("signatures of several sizes in one list");
      }
      if (type.equals(EfiGuid.CERT_SHA256) && size != EfiGuid.SIZE + 32) {
        throw new IllegalArgumentException("a SHA-256 digest of " + size + " bytes");
      }
    }

    private static SignatureList read(ByteReader reader) throws MalformedException {
      EfiGuid type = EfiGuid.read(reader, "SignatureType");
      long listSize = reader.u32("SignatureListSize");
      long headerSize = reader.u32("SignatureHeaderSize");
      long signatureSize = reader.u32("SignatureSize");
      // No type in use has a header, and the firmware's own reader trips over lists that do not
      // divide.
      if (headerSize != 0) {
        throw reader.malformed("SignatureHeaderSize 0", Long.toString(headerSize));
      }
      if (signatureSize <= EfiGuid.SIZE) {
        throw reader.malformed("SignatureSize above 16", Long.toString(signatureSize));
      }
      long body = listSize - HEADER;
      if (body <= 0 || body % signatureSize != 0) {
        throw reader.malformed(
            "SignatureListSize of 28 and whole signatures of " + signatureSize,
            Long.toString(listSize));
      }
      ByteReader signatures = reader.slice(body, "Signatures");
      List<Signature> read = new ArrayList<>();
      while (signatures.remaining() > 0) {
        EfiGuid owner = EfiGuid.read(signatures, "SignatureOwner");
        Bytes data = Bytes.of(signatures.bytes(signatureSize - EfiGuid.SIZE, "SignatureData"));
        if (type.equals(EfiGuid.CERT_SHA256) && data.length() != 32) {
          throw signatures.malformed("a SHA-256 digest", data.length() + " bytes");
        }
        read.add(new Signature(owner, data));
      }
      return new SignatureList(type, read);
    }

    private Bytes encoded() {
      int size = signatures.getFirst().size();
      ByteBuffer out =
          ByteBuffer.allocate(HEADER + size * signatures.size()).order(ByteOrder.LITTLE_ENDIAN);
      type.write(out);
      out.putInt(out.capacity()).putInt(0).putInt(size);
      signatures.forEach(signature -> out.put(signature.encoded().toArray()));
      return Bytes.of(out.array());
    }
  }
}
