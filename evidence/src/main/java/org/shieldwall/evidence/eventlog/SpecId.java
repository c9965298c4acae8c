package org.shieldwall.evidence.eventlog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * The header of a crypto-agile log, TCG_EfiSpecIDEvent (PFP section 10.4.5.1).
 *
 * @param specMajor 2 for TPM 2.0
 * @param specMinor minor version
 * @param errata errata level
 * @param algorithms the algorithms each event has a digest of, in the order given
 * @param vendorInfo vendor's bytes, not interpreted
 */
public record SpecId(
    int specMajor, int specMinor, int errata, List<Algorithm> algorithms, Bytes vendorInfo) {

  static final byte[] SIGNATURE = "Spec ID Event03\0".getBytes(StandardCharsets.US_ASCII);

  private static final int COUNT_OFFSET = 24;
  private static final int FIXED_SIZE = 28;

  /** The largest digest any registered algorithm has. */
  private static final int LARGEST_DIGEST = 64;

  /**
   * One algorithm of the log.
   *
   * @param id TPM_ALG_ID
   * @param hash the algorithm, where it is known here
   * @param size length of its digests in bytes
   */
  public record Algorithm(int id, Optional<TpmHash> hash, int size) {}

  /** Keeps its own copy of the list. */
  public SpecId {
    algorithms = List.copyOf(algorithms);
  }

  static boolean startsWithSignature(byte[] data) {
    return data.length >= SIGNATURE.length
        && Arrays.equals(data, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  /**
   * Reads the data of a Spec ID event.
   *
   * @throws MalformedException if it is not one, names no or the same algorithm twice, or a digest
   *     size its algorithm does not have
   */
  public static SpecId parse(byte[] data) throws MalformedException {
    return parse(ByteReader.littleEndian(data, "TCG_EfiSpecIDEvent"));
  }

  static SpecId parse(ByteReader in) throws MalformedException {
    if (!Arrays.equals(in.bytes(SIGNATURE.length, "signature"), SIGNATURE)) {
      throw in.malformed("signature \"Spec ID Event03\"", "another signature");
    }
    in.u32("platformClass");
    int minor = in.u8("specVersionMinor");
    int major = in.u8("specVersionMajor");
    if (major != 2) {
      throw in.malformed("specification version 2", major + "." + minor);
    }
    int errata = in.u8("specErrata");
    in.u8("uintnSize");
    List<Algorithm> algorithms = algorithms(in, in.u32("numberOfAlgorithms"));
    Bytes vendorInfo = Bytes.of(in.bytes(in.u8("vendorInfoSize"), "vendorInfo"));
    in.end();
    return new SpecId(major, minor, errata, algorithms, vendorInfo);
  }

  /** {@return offset of vendorInfoSize if the data is as long as its count of algorithms says} */
  static int sizeBeforeVendorInfo(Bytes data) {
    int count = data.length() > FIXED_SIZE ? data.at(COUNT_OFFSET) : 0;
    return FIXED_SIZE + 4 * count;
  }

  private static List<Algorithm> algorithms(ByteReader in, long count) throws MalformedException {
    // Four bytes each: a count that the rest cannot hold is refused before anything is allocated.
    if (count == 0 || count > in.remaining() / 4) {
      throw in.malformed("1 to " + in.remaining() / 4 + " algorithms", String.valueOf(count));
    }
    List<Algorithm> algorithms = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    for (long i = 0; i < count; i++) {
      int id = in.u16("algorithmId");
      int size = in.u16("digestSize");
      Optional<TpmHash> hash = TpmHash.ofId(id);
      if (!seen.add(id)) {
        throw in.malformed("each algorithm once", "0x%04x again".formatted(id));
      }
      if (size == 0 || size > LARGEST_DIGEST || hash.filter(h -> h.size() != size).isPresent()) {
        throw in.malformed(
            "the digest size of algorithm 0x%04x".formatted(id), String.valueOf(size));
      }
      algorithms.add(new Algorithm(id, hash, size));
    }
    return algorithms;
  }
}
