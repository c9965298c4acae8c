package org.shieldwall.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;

/** A host that has run for months: judged in memory that its list bounds. */
class LongImaListTest {
  private static final int ENTRIES = 100_000;

  /** All that is ever taken, most of it for a moment: paths as text, and hashes. */
  private static final int TIMES_THE_LIST = 4;

  @Test
  void givenAHundredThousandEntriesThenTheyAreJudgedInBoundedMemory() throws Exception {
    Verification.Whole given = new Verification.Whole();
    given.entries = ENTRIES;
    given.prepare();
    long list = given.evidence.flatMap(UntrustedEvidence::imaList).orElseThrow().length();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    new Verification().whole(given);

    long before = threads.getCurrentThreadAllocatedBytes();
    Verdict verdict = new Verification().whole(given);
    long taken = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(verdict).isInstanceOf(Verdict.Healthy.class);
    assertThat(taken)
        .as("bytes in all, for %d entries of %d bytes in all", ENTRIES, list)
        .isLessThan(TIMES_THE_LIST * list);
  }
}
