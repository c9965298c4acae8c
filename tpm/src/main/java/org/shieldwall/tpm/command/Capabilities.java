package org.shieldwall.tpm.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmAlgorithm;

/** What a TPM can do and holds: TPM2_GetCapability (Part 3, section 30.2). */
public final class Capabilities {
  /** First handle of objects in slots. */
  public static final int TRANSIENT = 0x80000000;

  /** First handle of objects that survive a restart. */
  public static final int PERSISTENT = 0x81000000;

  /** First handle of NV indices. */
  public static final int NV = 0x01000000;

  /** First handle of loaded sessions. */
  public static final int LOADED_SESSION = 0x02000000;

  private static final int CAP_ALGS = 0;
  private static final int CAP_HANDLES = 1;
  private static final int CAP_PCRS = 5;
  private static final int CAP_TPM_PROPERTIES = 6;
  private static final int PT_FIXED = 0x100;
  private static final int PT_MANUFACTURER = 0x105;
  private static final int PT_PERMANENT = 0x200;
  private static final int MAX_PAGES = 64;
  private static final int PAGE = 64;

  private final TpmEngine engine;

  Capabilities(TpmEngine engine) {
    this.engine = engine;
  }

  /** What one answer says, whether there is more, and where to go on. */
  private record Page<T>(List<T> entries, boolean more) {}

  private interface Entry<T> {
    T read(ByteReader in) throws MalformedException;
  }

  /** {@return the algorithms it implements, as far as they are known here} */
  public Set<TpmAlgorithm> algorithms() throws TpmException {
    Set<TpmAlgorithm> known = new LinkedHashSet<>();
    List<Integer> ids =
        list(
            CAP_ALGS,
            0,
            in -> {
              int id = in.u16("alg");
              in.u32("algProperties");
              return id;
            },
            last -> last + 1);
    ids.forEach(id -> TpmAlgorithm.ofId(id).ifPresent(known::add));
    return known;
  }

  /** {@return fixed and variable properties, TPM_PT to value} */
  public Map<Integer, Long> properties() throws TpmException {
    Map<Integer, Long> properties = new LinkedHashMap<>();
    for (int first : new int[] {PT_FIXED, PT_PERMANENT}) {
      List<Map.Entry<Integer, Long>> entries =
          list(
              CAP_TPM_PROPERTIES,
              first,
              in -> Map.entry((int) in.u32("property"), in.u32("value")),
              last -> last.getKey() + 1);
      entries.forEach(each -> properties.put(each.getKey(), each.getValue()));
    }
    return properties;
  }

  /** {@return the manufacturer's four letters, e.g. {@code IBM}; empty if the TPM does not say} */
  public String manufacturer() throws TpmException {
    long value = Optional.ofNullable(properties().get(PT_MANUFACTURER)).orElse(0L);
    StringBuilder text = new StringBuilder();
    for (int shift = 24; shift >= 0; shift -= 8) {
      char letter = (char) (value >>> shift & 0xFF);
      if (letter > ' ' && letter < 0x7F) {
        text.append(letter);
      }
    }
    return text.toString();
  }

  /** {@return the PCRs of every bank; a bank that is switched off has none} */
  public PcrSelection pcrs() throws TpmException {
    return engine.execute(
        request(CAP_PCRS, 0, 1),
        in -> {
          header(in, CAP_PCRS);
          PcrSelection selection = PcrSelection.read(in);
          return selection;
        });
  }

  /**
   * {@return the handles in use in one range}
   *
   * @param first {@link #TRANSIENT}, {@link #PERSISTENT}, {@link #NV} or {@link #LOADED_SESSION}
   */
  public List<Integer> handles(int first) throws TpmException {
    return list(CAP_HANDLES, first, in -> (int) in.u32("handle"), last -> last + 1);
  }

  private interface Next<T> {
    int after(T last);
  }

  private <T> List<T> list(int capability, int first, Entry<T> entry, Next<T> next)
      throws TpmException {
    List<T> all = new ArrayList<>();
    int from = first;
    for (int page = 0; page < MAX_PAGES; page++) {
      Page<T> answer =
          engine.execute(request(capability, from, PAGE), in -> page(in, capability, entry));
      all.addAll(answer.entries());
      if (!answer.more() || answer.entries().isEmpty()) {
        break;
      }
      from = next.after(answer.entries().getLast());
    }
    return all;
  }

  private static Request request(int capability, int first, int count) {
    return Request.of(TpmCommand.GET_CAPABILITY).u32(capability).u32(first).u32(count);
  }

  private static boolean header(ByteReader in, int capability) throws MalformedException {
    boolean more = in.u8("moreData") != 0;
    long found = in.u32("capability");
    if (found != capability) {
      throw in.malformed("capability " + capability, "capability " + found);
    }
    return more;
  }

  private static <T> Page<T> page(ByteReader in, int capability, Entry<T> entry)
      throws MalformedException {
    boolean more = header(in, capability);
    long count = in.u32("count");
    List<T> entries = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      entries.add(entry.read(in));
    }
    return new Page<>(entries, more);
  }
}
