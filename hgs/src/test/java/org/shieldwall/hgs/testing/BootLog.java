package org.shieldwall.hgs.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.EfiVariable;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * The log of one boot in the crypto-agile format (TCG PC Client Platform Firmware Profile, section
 * 10): a list of events, each to be extended into a TPM by the test's host.
 */
public final class BootLog {
  private final List<Event> events = new ArrayList<>();

  /**
   * One event.
   *
   * @param digest what is extended
   */
  public record Event(int pcr, long type, Bytes digest, Bytes data) {}

  private final Optional<Bytes> genuine;

  private BootLog(Optional<Bytes> genuine) {
    this.genuine = genuine;
  }

  /** {@return a log that somebody's firmware made} */
  public static BootLog genuine(Bytes bytes) throws MalformedException {
    BootLog log = new BootLog(Optional.of(bytes));
    for (UntrustedEvent event :
        UntrustedEventLog.parse(bytes.toArray(), LogLimits.DEFAULT).events()) {
      Optional<Bytes> digest = event.digest(TpmHash.SHA256);
      if (event.type() != EventType.NO_ACTION.id() && digest.isPresent()) {
        log.events.add(new Event((int) event.pcr(), event.type(), digest.get(), event.data()));
      }
    }
    return log;
  }

  /** {@return a boot with Secure Boot on that loaded {@code image}} */
  public static BootLog of(String image) {
    return of(image, true);
  }

  /** {@return a boot that loaded {@code image}} */
  public static BootLog of(String image, boolean secureBoot) {
    BootLog log = new BootLog(Optional.empty());
    log.measure(0, EventType.SCRTM_VERSION, Bytes.ofText("firmware 1"));
    log.variable(EfiVariable.GLOBAL, "SecureBoot", Bytes.ofHex(secureBoot ? "01" : "00"));
    log.variable(EfiVariable.GLOBAL, "PK", Bytes.ofText("platform key"));
    log.variable(EfiVariable.GLOBAL, "KEK", Bytes.ofText("exchange key"));
    log.variable(EfiVariable.SECURITY_DATABASE, "db", Bytes.ofText("allowed"));
    log.variable(EfiVariable.SECURITY_DATABASE, "dbx", Bytes.ofText("forbidden"));
    log.measure(7, EventType.SEPARATOR, Bytes.zeros(4));
    log.measure(4, EventType.EFI_ACTION, Bytes.ofText("Calling EFI Application from Boot Option"));
    for (int pcr = 0; pcr < 7; pcr++) {
      log.measure(pcr, EventType.SEPARATOR, Bytes.zeros(4));
    }
    log.measure(
        7,
        EventType.EFI_VARIABLE_AUTHORITY,
        variableData(EfiVariable.SECURITY_DATABASE, "db", Bytes.ofText("the signer")));
    log.application(image);
    log.measure(5, EventType.EFI_ACTION, Bytes.ofText("Exit Boot Services Invocation"));
    log.measure(5, EventType.EFI_ACTION, Bytes.ofText("Exit Boot Services Returned with Success"));
    return log;
  }

  private void variable(String vendor, String name, Bytes value) {
    measure(7, EventType.EFI_VARIABLE_DRIVER_CONFIG, variableData(vendor, name, value));
  }

  /** UEFI_VARIABLE_DATA: a GUID in mixed byte order, two lengths, name, value. */
  private static Bytes variableData(String vendor, String name, Bytes value) {
    byte[] guid = Bytes.ofHex(vendor.replace("-", "")).toArray();
    ByteBuffer head = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer parts = ByteBuffer.wrap(guid);
    head.putInt(parts.getInt()).putShort(parts.getShort()).putShort(parts.getShort());
    head.put(guid, 8, 8).putLong(name.length()).putLong(value.length());
    return Bytes.concat(Bytes.of(head.array()), utf16(name), value);
  }

  /** An image whose digest is of its content, which the log does not hold, and its device path. */
  private void application(String image) {
    Bytes path = utf16("\\EFI\\BOOT\\BOOTX64.EFI\0");
    int node = 4 + path.length();
    ByteBuffer data = ByteBuffer.allocate(32 + node + 4).order(ByteOrder.LITTLE_ENDIAN);
    data.putLong(0x1000).putLong(0x2000).putLong(0).putLong(node + 4L);
    data.put((byte) 4).put((byte) 4).putShort((short) node).put(path.toArray());
    data.put((byte) 0x7F).put((byte) 0xFF).putShort((short) 4);
    add(
        4,
        EventType.EFI_BOOT_SERVICES_APPLICATION,
        TpmHash.SHA256.hash(Bytes.ofText(image)),
        Bytes.of(data.array()));
  }

  private void measure(int pcr, EventType type, Bytes data) {
    add(pcr, type, TpmHash.SHA256.hash(data), data);
  }

  private void add(int pcr, EventType type, Bytes digest, Bytes data) {
    events.add(new Event(pcr, type.id(), digest, data));
  }

  /** {@return the events in order} */
  public List<Event> events() {
    return List.copyOf(events);
  }

  /** {@return the log as firmware would leave it} */
  public Bytes toBytes() {
    if (genuine.isPresent()) {
      return genuine.get();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Bytes specification =
        Bytes.concat(
            Bytes.ofText("Spec ID Event03\0"), Bytes.ofHex("0000000000020002010000000b00200000"));
    out.writeBytes(words(0, EventType.NO_ACTION.id()));
    out.writeBytes(new byte[20]);
    out.writeBytes(words(specification.length()));
    out.writeBytes(specification.toArray());
    for (Event event : events) {
      out.writeBytes(words(event.pcr(), event.type(), 1));
      out.writeBytes(new byte[] {0x0B, 0});
      out.writeBytes(event.digest().toArray());
      out.writeBytes(words(event.data().length()));
      out.writeBytes(event.data().toArray());
    }
    return Bytes.of(out.toByteArray());
  }

  /** {@return a baseline of this boot} */
  public BootBaseline baseline(String name) throws MalformedException {
    UntrustedEventLog log = UntrustedEventLog.parse(toBytes().toArray(), LogLimits.DEFAULT);
    return BootBaseline.capture(name, BootFacts.draw(log, TpmHash.SHA256), CaptureLevel.BOOT);
  }

  private static byte[] words(long... values) {
    ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      out.putInt((int) value);
    }
    return out.array();
  }

  private static Bytes utf16(String text) {
    return Bytes.of(text.getBytes(StandardCharsets.UTF_16LE));
  }
}
