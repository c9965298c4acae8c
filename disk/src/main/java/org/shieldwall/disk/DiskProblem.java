package org.shieldwall.disk;

/** Why a template is not hashed, or a machine's disks are not made. */
public enum DiskProblem {
  /** A block of the template is not the one that was signed. */
  TEMPLATE_BLOCK_DIFFERS(
      "template-block-differs",
      "the template is not what its signer signed",
      "fetch the template again; if it still differs, ask its signer for a new catalog"),

  /** The template's partition table is not the one that was signed. */
  TEMPLATE_LAYOUT_DIFFERS(
      "template-layout-differs",
      "the template has other partitions than its signer signed",
      "use the template the catalog was made for"),

  /** The template's storage failed. */
  TEMPLATE_UNREADABLE(
      "template-unreadable", "the template cannot be read", "check the storage it is kept on"),

  /** The catalog describes something no machine can be made from. */
  CATALOG_UNSUITABLE(
      "catalog-unsuitable",
      "no machine can be made from this template",
      "sign a template with one EFI system partition and one x86-64 root partition"),

  /** The disk asked for cannot hold the template. */
  DISK_TOO_SMALL(
      "disk-too-small", "the disk is too small for the template", "ask for a larger disk"),

  /** A disk is there already and is never overwritten. */
  DISK_EXISTS(
      "disk-exists",
      "the machine has a disk already",
      "delete the machine, or choose another name"),

  /** The disks could not be written; nothing of them is left. */
  DISK_NOT_WRITTEN(
      "disk-not-written", "the disk could not be written", "make room on the machine store"),

  /** The vTPM did not take a volume's secret. */
  KEY_NOT_SEALED(
      "key-not-sealed",
      "the disk's key could not be sealed into the vTPM",
      "create the machine again; if it fails again, look at the vTPM's log"),

  /** The owner's files cannot be put into a seed volume. */
  SEED_UNSUITABLE(
      "seed-unsuitable",
      "the shielding data's files do not fit a seed volume",
      "make the shielding data again with other files");

  private final String code;
  private final String title;
  private final String remedy;

  DiskProblem(String code, String title, String remedy) {
    this.code = code;
    this.title = title;
    this.remedy = remedy;
  }

  /** {@return its name in messages and JSON} */
  public String code() {
    return code;
  }

  /** {@return what happened, in half a sentence} */
  public String title() {
    return title;
  }

  /** {@return what mends it} */
  public String remedy() {
    return remedy;
  }
}
