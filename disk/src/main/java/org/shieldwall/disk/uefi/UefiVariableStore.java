package org.shieldwall.disk.uefi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * The flash image in which OVMF keeps its variables (OVMF_VARS_4M.fd): a firmware volume header
 * (Platform Initialization 1.7, volume 3, section 3.2.1), EDK II's authenticated variable store, an
 * event area, and the work and spare areas of the fault-tolerant writer, which are kept as they
 * are.
 *
 * <p>Immutable: {@link #with} gives a new store. What is written is compact: deleted variables and
 * those half written, which the firmware leaves behind, are gone.
 */
public final class UefiVariableStore {
  private static final EfiGuid SYSTEM_NV_DATA = EfiGuid.of("fff12b8d-7696-4c8b-a985-2747075b4f50");
  private static final EfiGuid AUTHENTICATED_VARIABLES =
      EfiGuid.of("aaf32c78-947b-439a-a180-2e144ec37792");

  private static final long VOLUME_SIGNATURE = 0x4856_465F; // "_FVH"
  private static final int VOLUME_HEADER = 0x48;
  private static final int STORE_HEADER = 28;
  private static final int VARIABLE_HEADER = 60;
  private static final int VARIABLE_START = 0x55AA;
  private static final int ERASED = 0xFF;
  private static final int FORMATTED = 0x5A;
  private static final int HEALTHY = 0xFE;

  // Bits of a variable's state are cleared one after the other, because flash can only clear them.
  private static final int ADDED = 0x3F;
  private static final int IN_DELETED_TRANSITION = 0xFE;

  private static final int MAXIMUM_IMAGE = 16 << 20;

  private final byte[] image;
  private final int storeEnd;
  private final List<EfiVariable> variables;

  private UefiVariableStore(byte[] image, int storeEnd, List<EfiVariable> variables) {
    this.image = image;
    this.storeEnd = storeEnd;
    this.variables = List.copyOf(variables);
  }

  /**
   * Reads a flash image.
   *
   * @throws MalformedException if its headers, sizes, checksum or variables are not as EDK II
   *     writes them
   */
  public static UefiVariableStore parse(byte[] bytes) throws MalformedException {
    ByteReader reader = ByteReader.littleEndian(bytes, "EFI_FIRMWARE_VOLUME_HEADER");
    if (bytes.length > MAXIMUM_IMAGE) {
      throw reader.malformed("at most " + MAXIMUM_IMAGE + " bytes", bytes.length + " bytes");
    }
    readVolumeHeader(reader, bytes);
    int size = readStoreHeader(reader, bytes.length);
    int end = VOLUME_HEADER + size;
    ByteReader area = reader.slice(size - STORE_HEADER, "Variables");
    return new UefiVariableStore(bytes.clone(), end, readVariables(area));
  }

  /** {@return the variables that exist, in the order of the image} */
  public List<EfiVariable> variables() {
    return variables;
  }

  /** {@return the variable of that name and vendor} */
  public Optional<EfiVariable> variable(String name, EfiGuid vendor) {
    return variables.stream().filter(variable -> variable.isNamed(name, vendor)).findFirst();
  }

  /**
   * {@return this store with {@code variable} in it, in place of one of the same name and vendor}
   *
   * @throws VariableStoreFullException if it does not fit
   */
  public UefiVariableStore with(EfiVariable variable) throws VariableStoreFullException {
    List<EfiVariable> changed =
        new ArrayList<>(without(variable.name(), variable.vendor()).variables);
    changed.add(variable);
    int needed = changed.stream().mapToInt(UefiVariableStore::sizeOf).sum();
    int available = storeEnd - VOLUME_HEADER - STORE_HEADER;
    if (needed > available) {
      throw new VariableStoreFullException(needed, available);
    }
    return new UefiVariableStore(image, storeEnd, changed);
  }

  /** {@return this store without the variable of that name and vendor, if it had one} */
  public UefiVariableStore without(String name, EfiGuid vendor) {
    return new UefiVariableStore(
        image,
        storeEnd,
        variables.stream().filter(variable -> !variable.isNamed(name, vendor)).toList());
  }

  /** {@return the flash image, of the size that was read} */
  public byte[] toBytes() {
    byte[] out = image.clone();
    int start = VOLUME_HEADER + STORE_HEADER;
    Arrays.fill(out, start, storeEnd, (byte) ERASED);
    ByteBuffer area = ByteBuffer.wrap(out, start, storeEnd - start);
    variables.forEach(variable -> area.put(encoded(variable)));
    return out;
  }

  private static void readVolumeHeader(ByteReader reader, byte[] bytes) throws MalformedException {
    reader.bytes(16, "ZeroVector");
    EfiGuid fileSystem = EfiGuid.read(reader, "FileSystemGuid");
    if (!fileSystem.equals(SYSTEM_NV_DATA)) {
      throw reader.malformed("FileSystemGuid " + SYSTEM_NV_DATA, fileSystem.toString());
    }
    long length = reader.u64("FvLength");
    if (length != bytes.length) {
      throw reader.malformed("FvLength " + bytes.length, Long.toUnsignedString(length));
    }
    long signature = reader.u32("Signature");
    if (signature != VOLUME_SIGNATURE) {
      throw reader.malformed("Signature _FVH", Long.toHexString(signature));
    }
    reader.u32("Attributes");
    int headerLength = reader.u16("HeaderLength");
    if (headerLength != VOLUME_HEADER) {
      throw reader.malformed("HeaderLength " + VOLUME_HEADER, Integer.toString(headerLength));
    }
    reader.bytes(VOLUME_HEADER - 50, "Checksum to BlockMap");
    int sum = sumOfWords(bytes);
    if (sum != 0) {
      throw reader.malformed("words of the header that add up to 0", Integer.toString(sum));
    }
  }

  private static int sumOfWords(byte[] header) {
    ByteBuffer words = ByteBuffer.wrap(header, 0, VOLUME_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    int sum = 0;
    while (words.hasRemaining()) {
      sum += words.getShort();
    }
    return sum & 0xFFFF;
  }

  private static int readStoreHeader(ByteReader reader, int imageLength) throws MalformedException {
    EfiGuid format = EfiGuid.read(reader, "VARIABLE_STORE_HEADER.Signature");
    if (!format.equals(AUTHENTICATED_VARIABLES)) {
      throw reader.malformed("authenticated variables " + AUTHENTICATED_VARIABLES, "" + format);
    }
    long size = reader.u32("VARIABLE_STORE_HEADER.Size");
    if (size < STORE_HEADER || size > imageLength - VOLUME_HEADER) {
      throw reader.malformed("a store inside the volume", size + " bytes");
    }
    int formatted = reader.u8("VARIABLE_STORE_HEADER.Format");
    int state = reader.u8("VARIABLE_STORE_HEADER.State");
    if (formatted != FORMATTED || state != HEALTHY) {
      throw reader.malformed(
          "a formatted and healthy store (5a, fe)", "%02x, %02x".formatted(formatted, state));
    }
    reader.bytes(6, "VARIABLE_STORE_HEADER.Reserved");
    return (int) size;
  }

  private static List<EfiVariable> readVariables(ByteReader area) throws MalformedException {
    List<EfiVariable> found = new ArrayList<>();
    List<EfiVariable> leaving = new ArrayList<>();
    // An erased start marker ends the list. Less than a header's worth of room ends it too.
    while (area.remaining() >= VARIABLE_HEADER) {
      int start = area.u16("StartId");
      if (start == 0xFFFF) {
        break;
      }
      if (start != VARIABLE_START) {
        throw area.malformed("StartId 55aa or erased flash", Integer.toHexString(start));
      }
      int state = area.u8("State");
      Optional<EfiVariable> variable =
          readVariable(area, state == ADDED || state == (ADDED & IN_DELETED_TRANSITION));
      if (state == ADDED && variable.isPresent()) {
        add(area, found, variable.get());
      } else {
        variable.ifPresent(leaving::add);
      }
    }
    // One being replaced still counts as long as its successor is not complete (EDK II,
    // VariableRuntimeDxe).
    for (EfiVariable old : leaving) {
      if (found.stream().noneMatch(variable -> variable.isNamed(old.name(), old.vendor()))) {
        found.add(old);
      }
    }
    return found;
  }

  private static void add(ByteReader area, List<EfiVariable> found, EfiVariable variable)
      throws MalformedException {
    if (found.stream().anyMatch(other -> other.isNamed(variable.name(), variable.vendor()))) {
      throw area.malformed("each variable once", variable + " twice");
    }
    found.add(variable);
  }

  private static Optional<EfiVariable> readVariable(ByteReader area, boolean exists)
      throws MalformedException {
    area.u8("Reserved");
    int attributes = (int) area.u32("Attributes");
    area.u64("MonotonicCount");
    EfiTime time = EfiTime.read(area);
    area.u32("PubKeyIndex");
    long nameSize = area.u32("NameSize");
    long dataSize = area.u32("DataSize");
    EfiGuid vendor = EfiGuid.read(area, "VendorGuid");
    if (!exists) {
      // The sizes of one whose header was being written when the power went are all ones.
      if (nameSize != 0xFFFF_FFFFL && dataSize != 0xFFFF_FFFFL) {
        area.slice(padded(nameSize + dataSize), "Name and Data");
      }
      return Optional.empty();
    }
    if (nameSize < 4 || nameSize % 2 != 0 || nameSize > 2L * (EfiVariable.MAXIMUM_NAME + 1)) {
      throw area.malformed("a name of 1 to " + EfiVariable.MAXIMUM_NAME, nameSize + " bytes");
    }
    String name = new String(area.bytes(nameSize, "Name"), StandardCharsets.UTF_16LE);
    if (name.indexOf('\0') != name.length() - 1) {
      throw area.malformed("a name that ends with its first NUL", "another");
    }
    if (dataSize == 0) {
      throw area.malformed("content of variable " + name.strip(), "none");
    }
    Bytes data = Bytes.of(area.bytes(dataSize, "Data"));
    area.slice(padded(nameSize + dataSize) - nameSize - dataSize, "padding");
    return Optional.of(
        new EfiVariable(name.substring(0, name.length() - 1), vendor, attributes, time, data));
  }

  /** Variables start on multiples of four. */
  private static long padded(long size) {
    return size + (-size & 3);
  }

  private static byte[] encoded(EfiVariable variable) {
    byte[] name = (variable.name() + "\0").getBytes(StandardCharsets.UTF_16LE);
    byte[] data = variable.data().toArray();
    ByteBuffer out = ByteBuffer.allocate(sizeOf(variable)).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.fill(out.array(), (byte) ERASED);
    out.putShort((short) VARIABLE_START).put((byte) ADDED).put((byte) 0);
    out.putInt(variable.attributes()).putLong(0);
    variable.time().write(out);
    out.putInt(0).putInt(name.length).putInt(data.length);
    variable.vendor().write(out);
    return out.put(name).put(data).array();
  }

  private static int sizeOf(EfiVariable variable) {
    int content = 2 * (variable.name().length() + 1) + variable.data().length();
    return VARIABLE_HEADER + (int) padded(content);
  }
}
