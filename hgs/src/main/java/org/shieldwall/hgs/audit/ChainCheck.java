package org.shieldwall.hgs.audit;

/** What a check of the audit chain came to. */
public sealed interface ChainCheck {
  /**
   * Every record holds.
   *
   * @param records how many
   * @param head hash of the newest, worth noting down elsewhere
   */
  record Intact(long records, String head) implements ChainCheck {}

  /**
   * The chain is broken.
   *
   * @param seq number of the first record that is wrong
   * @param reason in words
   */
  record Broken(long seq, String reason) implements ChainCheck {}
}
