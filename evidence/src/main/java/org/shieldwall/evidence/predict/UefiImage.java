package org.shieldwall.evidence.predict;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * A program for UEFI: PE32 or PE32+ (Microsoft, "PE Format"), as far as its hash and its sections
 * need it. The file is kept as it is and not to be changed while this is in use.
 */
public final class UefiImage {
  private static final String PE = "PE image";
  private static final int POINTER_TO_PE = 0x3C;
  private static final int OPTIONAL_HEADER = 24;
  private static final int CHECKSUM = 64;
  private static final int SECURITY_DIRECTORY = 4;
  private static final int DIRECTORY_SIZE = 8;
  private static final int SECTION_HEADER = 40;

  /** Loaders take 96 at most. */
  private static final int MOST_SECTIONS = 96;

  /** So much more than in the file a section may be in memory. */
  private static final int MOST_ZEROS = 1 << 20;

  private final byte[] file;
  private final int checksum;
  private final int directory;
  private final int headersEnd;
  private final int certificatesFrom;
  private final int certificatesSize;
  private final List<Section> sections;

  /** Where a section lies in the file and in memory. */
  private record Section(String name, int virtualSize, int rawFrom, int rawSize) {}

  private UefiImage(byte[] file) throws MalformedException {
    this.file = file;
    ByteReader in = at(POINTER_TO_PE);
    int header = offset(in.u32("e_lfanew"), "e_lfanew");
    in = at(header);
    if (in.u32("signature") != 0x4550) {
      throw in.malformed("PE and two zeros", "no PE header");
    }
    in.u16("machine");
    int count = in.u16("numberOfSections");
    if (count > MOST_SECTIONS) {
      throw in.malformed("at most " + MOST_SECTIONS + " sections", String.valueOf(count));
    }
    in = at(header + 20);
    int optionalSize = in.u16("sizeOfOptionalHeader");
    int optional = header + OPTIONAL_HEADER;
    int magic = at(optional).u16("magic");
    if (magic != 0x10B && magic != 0x20B) {
      throw at(optional).malformed("PE32 or PE32+", "0x%x".formatted(magic));
    }
    int directories = optional + (magic == 0x20B ? 112 : 96);
    this.checksum = optional + CHECKSUM;
    this.headersEnd = offset(at(optional + 60).u32("sizeOfHeaders"), "sizeOfHeaders");
    long known = at(directories - 4).u32("numberOfRvaAndSizes");
    this.directory = directories + SECURITY_DIRECTORY * DIRECTORY_SIZE;
    if (known <= SECURITY_DIRECTORY || directory + DIRECTORY_SIZE > headersEnd) {
      throw at(directories).malformed("a security directory", known + " directories");
    }
    ByteReader security = at(directory);
    this.certificatesFrom = offset(security.u32("certificates"), "certificates");
    this.certificatesSize = offset(security.u32("certificates.size"), "certificates.size");
    if (certificatesSize > 0 && (long) certificatesFrom + certificatesSize > file.length) {
      throw security.malformed("certificates inside the file", certificatesSize + " bytes");
    }
    this.sections = sections(optional + optionalSize, count);
  }

  /** Reads the headers of a program. */
  public static UefiImage parse(byte[] file) throws MalformedException {
    return new UefiImage(file);
  }

  private ByteReader at(int offset) throws MalformedException {
    ByteReader in = ByteReader.littleEndian(file, PE);
    in.bytes(offset, "headers");
    return in;
  }

  private int offset(long value, String field) throws MalformedException {
    if (value > file.length) {
      throw new MalformedException(PE, 0, field + " inside the file", String.valueOf(value));
    }
    return (int) value;
  }

  private List<Section> sections(int from, int count) throws MalformedException {
    List<Section> found = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ByteReader in = at(from + i * SECTION_HEADER);
      String name = new String(in.bytes(8, "name"), StandardCharsets.ISO_8859_1).replace("\0", "");
      long virtualSize = in.u32("virtualSize");
      in.u32("virtualAddress");
      int rawSize = offset(in.u32("sizeOfRawData"), "sizeOfRawData");
      int rawFrom = offset(in.u32("pointerToRawData"), "pointerToRawData");
      if ((long) rawFrom + rawSize > file.length || virtualSize - rawSize > MOST_ZEROS) {
        throw in.malformed("a section inside the file", rawSize + " of " + virtualSize + " bytes");
      }
      found.add(new Section(name, (int) virtualSize, rawFrom, rawSize));
    }
    return found;
  }

  /**
   * {@return the hash that firmware measures and signatures are over} (Microsoft, "Windows
   * Authenticode Portable Executable Signature Format", "Calculating the PE Image Hash"): headers
   * without the checksum and the place of the signatures, sections in the order of the file, and
   * what follows them up to the signatures.
   */
  public Bytes authenticode(TpmHash bank) throws MalformedException {
    MessageDigest digest = bank.digest();
    digest.update(file, 0, checksum);
    digest.update(file, checksum + 4, directory - checksum - 4);
    int after = directory + DIRECTORY_SIZE;
    digest.update(file, after, headersEnd - after);
    long hashed = headersEnd;
    List<Section> inFile =
        sections.stream()
            .filter(each -> each.rawSize() > 0)
            .sorted(Comparator.comparingInt(Section::rawFrom))
            .toList();
    for (Section each : inFile) {
      digest.update(file, each.rawFrom(), each.rawSize());
      hashed += each.rawSize();
    }
    long rest = file.length - (long) certificatesSize - hashed;
    if (rest < 0) {
      throw new MalformedException(PE, 0, "sections that do not overlap", -rest + " bytes twice");
    }
    digest.update(file, (int) hashed, (int) rest);
    return Bytes.of(digest.digest());
  }

  /** {@return a section as it is in memory: filled up with zeros, or cut, to its virtual size} */
  public Optional<Bytes> section(String name) {
    return sections.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .map(each -> {
          byte[] content = new byte[each.virtualSize()];
          int size = Math.min(each.virtualSize(), each.rawSize());
          System.arraycopy(file, each.rawFrom(), content, 0, size);
          return Bytes.of(content);
        });
  }

  /**
   * {@return whether the signatures carry a certificate, DER} No signature is verified: firmware
   * will.
   */
  public boolean carries(Bytes certificate) {
    byte[] wanted = certificate.toArray();
    int last = certificatesFrom + certificatesSize - wanted.length;
    for (int from = certificatesFrom; wanted.length > 0 && from <= last; from++) {
      if (Arrays.equals(file, from, from + wanted.length, wanted, 0, wanted.length)) {
        return true;
      }
    }
    return false;
  }
}
