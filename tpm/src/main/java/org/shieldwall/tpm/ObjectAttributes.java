package org.shieldwall.tpm;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * TPMA_OBJECT (Part 2, section 8.3) as a set.
 *
 * @param set the attributes that are set
 */
public record ObjectAttributes(Set<ObjectAttribute> set) {
  private static final int KNOWN =
      Arrays.stream(ObjectAttribute.values())
          .mapToInt(ObjectAttribute::mask)
          .reduce(0, (left, right) -> left | right);

  /** Copies the set. */
  public ObjectAttributes {
    EnumSet<ObjectAttribute> copy = EnumSet.noneOf(ObjectAttribute.class);
    copy.addAll(set);
    set = Collections.unmodifiableSet(copy);
  }

  /** {@return exactly these} */
  public static ObjectAttributes of(ObjectAttribute... attributes) {
    return new ObjectAttributes(Set.of(attributes));
  }

  /** {@return whether {@code attribute} is set} */
  public boolean has(ObjectAttribute attribute) {
    return set.contains(attribute);
  }

  /** {@return the 32 bits} */
  public int bits() {
    int bits = 0;
    for (ObjectAttribute each : set) {
      bits |= each.mask();
    }
    return bits;
  }

  static ObjectAttributes read(ByteReader in) throws MalformedException {
    long at = in.offset();
    int bits = (int) in.u32("objectAttributes");
    if ((bits & ~KNOWN) != 0) {
      throw new MalformedException(
          "TPMA_OBJECT", at, "reserved bits to be zero", "0x%08x".formatted(bits));
    }
    return new ObjectAttributes(
        Arrays.stream(ObjectAttribute.values())
            .filter(each -> (bits & each.mask()) != 0)
            .collect(Collectors.toSet()));
  }

  @Override
  public String toString() {
    return set.stream().map(ObjectAttribute::label).collect(Collectors.joining("|"));
  }
}
