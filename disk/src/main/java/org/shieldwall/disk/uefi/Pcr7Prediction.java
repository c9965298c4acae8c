package org.shieldwall.disk.uefi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * What PCR 7 will hold when a boot loader signed by {@code authority} starts, and the events that
 * lead there, in order (TCG PC Client Platform Firmware Profile 1.06, section 3.3.4.8, as EDK II
 * does it):
 *
 * <ol>
 *   <li>the variables SecureBoot (one byte, 1), PK, KEK, db and dbx, each as UEFI_VARIABLE_DATA;
 *       one that does not exist is measured with no content;
 *   <li>a separator of four zero bytes;
 *   <li>the db entry that vouched for the boot loader, as UEFI_VARIABLE_DATA named db.
 * </ol>
 *
 * <p>Nothing after that reaches PCR 7: systemd's stub measures into PCRs 11 to 13, and it starts
 * the kernel itself, so no second authority is consulted.
 *
 * @param events the events, first measured first
 */
public record Pcr7Prediction(List<Event> events) {
  public Pcr7Prediction {
    events = List.copyOf(events);
  }

  /**
   * One expected event.
   *
   * @param name what it is, e.g. {@code variable db} or {@code authority db}
   * @param data what is hashed
   */
  public record Event(String name, Bytes data) {
    /** {@return the digest that the log shows in the bank of {@code hash}} */
    public Bytes digest(TpmHash hash) {
      return hash.hash(data);
    }

    @Override
    public String toString() {
      return name + " sha256:" + digest(TpmHash.SHA256);
    }
  }

  /**
   * {@return the prediction for a machine with {@code policy} in force}
   *
   * @param authority the entry of db that verifies the boot loader's signature
   * @throws IllegalArgumentException if db has no such entry: that machine would not boot
   */
  public static Pcr7Prediction of(SecureBootPolicy policy, Signature authority) {
    if (!policy.allowed().signatures().contains(authority)) {
      throw new IllegalArgumentException("the authority is not in db");
    }
    EfiGuid global = EfiGuid.GLOBAL_VARIABLE;
    EfiGuid security = EfiGuid.IMAGE_SECURITY_DATABASE;
    List<Event> events = new ArrayList<>();
    events.add(variable("variable", "SecureBoot", global, Bytes.of(new byte[] {1})));
    events.add(variable("variable", "PK", global, policy.platformKey().encoded()));
    events.add(variable("variable", "KEK", global, policy.keyExchangeKeys().encoded()));
    events.add(variable("variable", "db", security, policy.allowed().encoded()));
    events.add(variable("variable", "dbx", security, policy.forbidden().encoded()));
    events.add(new Event("separator", Bytes.zeros(4)));
    events.add(variable("authority", "db", security, authority.encoded()));
    return new Pcr7Prediction(events);
  }

  /**
   * {@return the prediction for a policy whose db has one entry, which therefore is the authority}
   */
  public static Pcr7Prediction of(SecureBootPolicy policy) {
    List<Signature> allowed = policy.allowed().signatures();
    if (allowed.size() != 1) {
      throw new IllegalArgumentException(
          "db has " + allowed.size() + " entries: name the authority");
    }
    return of(policy, allowed.getFirst());
  }

  /** {@return PCR 7 in the bank of {@code hash}} */
  public Bytes value(TpmHash hash) {
    Bytes pcr = Bytes.zeros(hash.size());
    for (Event event : events) {
      pcr = hash.extend(pcr, event.digest(hash));
    }
    return pcr;
  }

  /** UEFI_VARIABLE_DATA: vendor, length of the name in characters, length of the data, both. */
  private static Event variable(String kind, String name, EfiGuid vendor, Bytes data) {
    byte[] text = name.getBytes(StandardCharsets.UTF_16LE);
    ByteBuffer out =
        ByteBuffer.allocate(EfiGuid.SIZE + 16 + text.length + data.length())
            .order(ByteOrder.LITTLE_ENDIAN);
    vendor.write(out);
    out.putLong(name.length()).putLong(data.length()).put(text).put(data.toArray());
    return new Event(kind + " " + name, Bytes.of(out.array()));
  }
}
