package org.shieldwall.evidence;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/**
 * A boot's log, and the PCRs that a TPM then holds: a recorded one of a machine ({@link #boot}), or
 * one written by hand for what no machine would do. What is logged can be changed afterwards, as a
 * host's root could; what was extended cannot.
 */
public final class LogBuilder {
  /** One event: what was extended, and what the log will say about it. */
  public record Event(int pcr, long type, Bytes digest, Bytes data) {
    /** {@return the same extension under another type} */
    public Event relabelled(EventType other) {
      return new Event(pcr, other.id(), digest, data);
    }

    /** {@return the same extension with other data} */
    public Event withData(Bytes other) {
      return new Event(pcr, type, digest, other);
    }
  }

  /** What is going to be logged; tests change it. */
  public final List<Event> events = new ArrayList<>();

  private final Map<Integer, Bytes> pcrs = new TreeMap<>();

  private final Bytes recorded;
  private final List<Event> recordedEvents;

  /** Starts with PCRs of zero and an empty log. */
  public LogBuilder() {
    this(Bytes.EMPTY, List.of());
  }

  private LogBuilder(Bytes recorded, List<Event> recordedEvents) {
    this.recorded = recorded;
    this.recordedEvents = List.copyOf(recordedEvents);
    for (Event each : recordedEvents) {
      extended(each.pcr(), each.type(), each.digest(), each.data());
    }
  }

  /** The standard host's boot: Secure Boot on, one signed image with its command line inside. */
  public static LogBuilder boot() {
    return of(RecordedBoot.of("standard").eventLog());
  }

  /** A boot of some machine's, whose bytes are kept for as long as nothing is changed. */
  public static LogBuilder of(Bytes log) {
    List<Event> events = new ArrayList<>();
    try {
      for (UntrustedEvent each :
          UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT).events()) {
        Optional<Bytes> digest = each.digest(TpmHash.SHA256);
        if (each.type() != EventType.NO_ACTION.id() && digest.isPresent()) {
          events.add(new Event((int) each.pcr(), each.type(), digest.get(), each.data()));
        }
      }
    } catch (MalformedException e) {
      throw new IllegalStateException("a recorded log does not read", e);
    }
    return new LogBuilder(log, events);
  }

  /** What firmware measures before it boots anything. */
  public LogBuilder firmware(boolean secureBoot) {
    return firmware(secureBoot, Bytes.ofText("forbidden"));
  }

  /** The same with these forbidden signatures. */
  public LogBuilder firmware(boolean secureBoot, Bytes dbx) {
    measured(0, EventType.SCRTM_VERSION, utf16("lab firmware 1\0"));
    extended(0, EventType.EFI_PLATFORM_FIRMWARE_BLOB, digestOf("firmware"), Bytes.zeros(16));
    variable(7, EfiVariable.GLOBAL, "SecureBoot", Bytes.ofHex(secureBoot ? "01" : "00"));
    variable(7, EfiVariable.GLOBAL, "PK", Bytes.ofText("platform key"));
    variable(7, EfiVariable.GLOBAL, "KEK", Bytes.ofText("key exchange key"));
    variable(7, EfiVariable.SECURITY_DATABASE, "db", Bytes.ofText("signature database"));
    variable(7, EfiVariable.SECURITY_DATABASE, "dbx", dbx);
    measured(7, EventType.SEPARATOR, Bytes.zeros(4));
    text(4, EventType.EFI_ACTION, "Calling EFI Application from Boot Option");
    for (int pcr = 0; pcr < 7; pcr++) {
      measured(pcr, EventType.SEPARATOR, Bytes.zeros(4));
    }
    return this;
  }

  /** An image, its authority, and what systemd's stub and the kernel measure. */
  public LogBuilder image(String content, String path) {
    return image(content, path, "quiet lockdown=confidentiality");
  }

  /** An image that was given a command line: the stub measures it, and then the kernel. */
  public LogBuilder image(String content, String path, String commandLine) {
    authorised(content, path);
    measured(12, EventType.IPL, utf16(commandLine + "\0"));
    return kernel(commandLine);
  }

  /** An image with its command line inside. */
  public LogBuilder sealedImage(String content, String commandLine) {
    return authorised(content, "\\EFI\\BOOT\\BOOTX64.EFI").kernel(commandLine);
  }

  /** An image and what let it run. */
  public LogBuilder authorised(String content, String path) {
    variableEvent(
        7,
        EventType.EFI_VARIABLE_AUTHORITY,
        EfiVariable.SECURITY_DATABASE,
        "db",
        Bytes.ofText("the signer's certificate"));
    return application(digestOf(content), path);
  }

  /** What the kernel's own EFI stub measures. */
  public LogBuilder kernel(String commandLine) {
    extended(
        9,
        EventType.EVENT_TAG,
        TpmHash.SHA256.hash(utf16(commandLine + "\0")),
        Bytes.concat(Bytes.ofHex("ed223b8f1a000000"), Bytes.ofText("LOADED_IMAGE::LoadOptions\0")));
    return extended(
        9,
        EventType.EVENT_TAG,
        digestOf("initrd"),
        Bytes.concat(Bytes.ofHex("ec223b8f0d000000"), Bytes.ofText("Linux initrd\0")));
  }

  /** Firmware hands over. */
  public LogBuilder exit() {
    text(5, EventType.EFI_ACTION, "Exit Boot Services Invocation");
    return text(5, EventType.EFI_ACTION, "Exit Boot Services Returned with Success");
  }

  /** A UEFI application. */
  public LogBuilder application(Bytes digest, String path) {
    ByteBuffer data =
        ByteBuffer.allocate(32 + 4 + 2 * (path.length() + 1) + 4).order(ByteOrder.LITTLE_ENDIAN);
    data.putLong(0x1000).putLong(0x2000).putLong(0);
    int node = 4 + 2 * (path.length() + 1);
    data.putLong(node + 4L).put((byte) 4).put((byte) 4).putShort((short) node);
    data.put((path + "\0").getBytes(StandardCharsets.UTF_16LE));
    data.put((byte) 0x7F).put((byte) 0xFF).putShort((short) 4);
    return extended(4, EventType.EFI_BOOT_SERVICES_APPLICATION, digest, Bytes.of(data.array()));
  }

  /** A variable measured with its name. */
  public LogBuilder variable(int pcr, String vendor, String name, Bytes value) {
    return variableEvent(pcr, EventType.EFI_VARIABLE_DRIVER_CONFIG, vendor, name, value);
  }

  /** A variable measured with its name, as any type of event. */
  public LogBuilder variableEvent(
      int pcr, EventType type, String vendor, String name, Bytes value) {
    return measured(pcr, type, variableData(vendor, name, value));
  }

  /** {@return UEFI_VARIABLE_DATA} */
  public static Bytes variableData(String vendor, String name, Bytes value) {
    ByteBuffer head = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    String hex = vendor.replace("-", "");
    byte[] guid = Bytes.ofHex(hex).toArray();
    for (int i : new int[] {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}) {
      head.put(guid[i]);
    }
    head.putLong(name.length()).putLong(value.length());
    return Bytes.concat(Bytes.of(head.array()), utf16(name), value);
  }

  /** A text measured as it is. */
  public LogBuilder text(int pcr, EventType type, String text) {
    return measured(pcr, type, Bytes.ofText(text));
  }

  /** Data that is hashed into the PCR. */
  public LogBuilder measured(int pcr, EventType type, Bytes data) {
    return extended(pcr, type, TpmHash.SHA256.hash(data), data);
  }

  /** A digest that is extended, whatever the data. */
  public LogBuilder extended(int pcr, EventType type, Bytes digest, Bytes data) {
    return extended(pcr, type.id(), digest, data);
  }

  private LogBuilder extended(int pcr, long type, Bytes digest, Bytes data) {
    events.add(new Event(pcr, type, digest, data));
    return extendOnly(pcr, digest);
  }

  /** Extends a PCR and logs nothing. */
  public LogBuilder extendOnly(int pcr, Bytes digest) {
    pcrs.merge(
        pcr,
        TpmHash.SHA256.extend(Bytes.zeros(32), digest),
        (old, _) -> TpmHash.SHA256.extend(old, digest));
    return this;
  }

  /** {@return the digest of something that is not in the log} */
  public static Bytes digestOf(String content) {
    return TpmHash.SHA256.hash(Bytes.ofText(content));
  }

  /** {@return index in {@link #events} of the first event of this type in this PCR} */
  public int find(int pcr, EventType type) {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i).pcr() == pcr && events.get(i).type() == type.id()) {
        return i;
      }
    }
    throw new AssertionError("no " + type + " in PCR " + pcr);
  }

  /** {@return what a TPM would hold, PCRs 0 to 15} */
  public PcrValues pcrs() {
    Map<Integer, Bytes> all = new TreeMap<>(pcrs);
    for (int pcr = 0; pcr < 16; pcr++) {
      all.putIfAbsent(pcr, Bytes.zeros(32));
    }
    return PcrValues.of(TpmHash.SHA256, all);
  }

  /** {@return the log} */
  public Bytes log() {
    if (!recorded.isEmpty() && events.equals(recordedEvents)) {
      return recorded;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Bytes specId =
        Bytes.concat(
            Bytes.ofText("Spec ID Event03\0"),
            Bytes.ofHex("000000000002000201000000" + "0b002000" + "00"));
    out.writeBytes(numbers(0, EventType.NO_ACTION.id()));
    out.writeBytes(new byte[20]);
    out.writeBytes(numbers(specId.length()));
    out.writeBytes(specId.toArray());
    for (Event each : events) {
      out.writeBytes(numbers(each.pcr(), each.type(), 1));
      out.writeBytes(new byte[] {0x0B, 0});
      out.writeBytes(each.digest().toArray());
      out.writeBytes(numbers(each.data().length()));
      out.writeBytes(each.data().toArray());
    }
    return Bytes.of(out.toByteArray());
  }

  private static byte[] numbers(long... values) {
    ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      out.putInt((int) value);
    }
    return out.array();
  }

  /** {@return text in UTF-16, little-endian} */
  public static Bytes utf16(String text) {
    return Bytes.of(text.getBytes(StandardCharsets.UTF_16LE));
  }
}
