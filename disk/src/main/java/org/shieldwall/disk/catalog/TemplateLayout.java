package org.shieldwall.disk.catalog;

import java.util.List;
import org.shieldwall.disk.DiskProblem;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.protector.SignedPartition;

/**
 * Holds a template's partition table against what was signed. Where the partitions lie is not
 * signed: a new disk has a layout of its own, and only bytes that match are copied to it.
 */
public final class TemplateLayout {
  private TemplateLayout() {}

  /**
   * Refuses a table that is not the signed template's: number, type, label and length of each
   * partition, none missing, none more.
   *
   * @param signed in the order of their numbers
   */
  public static void require(List<SignedPartition> signed, PartitionTable table)
      throws DiskRefusedException {
    if (table.partitions().size() != signed.size()) {
      throw differs(signed.size() + " partitions", Integer.toString(table.partitions().size()));
    }
    for (int i = 0; i < signed.size(); i++) {
      SignedPartition expected = signed.get(i);
      Partition found = table.partitions().get(i);
      boolean same =
          expected.index() == found.number()
              && expected.type().equals(found.type())
              && expected.label().equals(found.label())
              && expected.length() == found.length();
      if (!same) {
        throw differs(
            "partition %d \"%s\" of type %s and %d bytes"
                .formatted(expected.index(), expected.label(), expected.type(), expected.length()),
            "partition %d \"%s\" of type %s and %d bytes"
                .formatted(found.number(), found.label(), found.type(), found.length()));
      }
    }
  }

  private static DiskRefusedException differs(String expected, String found) {
    return new DiskRefusedException(
        DiskProblem.TEMPLATE_LAYOUT_DIFFERS, "expected " + expected + ", found " + found);
  }
}
