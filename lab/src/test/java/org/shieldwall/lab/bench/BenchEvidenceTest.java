package org.shieldwall.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.tpm.Bytes;

/**
 * What is measured is the vectors' evidence where it is there, and is said to be made up if not.
 */
class BenchEvidenceTest {
  @ParameterizedTest
  @ValueSource(ints = {50, 1_000, 20_000})
  void givenTheVectorsThenTheirQuotesAndListsAreVerifiedWhole(int entries) throws Exception {
    assumeTrue(Files.isDirectory(BenchEvidence.vectors()), "no vectors of benchmarks");
    Verification.Whole given = new Verification.Whole();
    given.entries = entries;

    given.prepare();

    UntrustedEvidence evidence = given.evidence.orElseThrow();
    VectorQuote quote = VectorQuote.read(BenchEvidence.vectors(), Math.max(entries, 1_000));
    assertThat(evidence.attest()).isEqualTo(quote.attest());
    assertThat(ImaEntries.data(evidence.imaList().orElseThrow())).hasSize(entries);
    assertThat(new Verification().whole(given)).isInstanceOf(Verdict.Healthy.class);
  }

  @Test
  void givenMoreEntriesThanTheVectorsHaveThenTheListIsSaidToBeMadeUp() throws Exception {
    BenchEvidence evidence = BenchEvidence.of(20_001);

    assertThat(evidence.origin()).isNotEqualTo(BenchEvidence.Origin.VECTORS);
    assertThat(evidence.quote()).isEqualTo(Optional.empty());
    assertThat(ImaEntries.data(evidence.ima())).hasSize(20_001);
  }

  @Test
  void givenPartOfAListThenItEndsBetweenTwoEntries() throws Exception {
    Bytes whole = BenchEvidence.of(100).ima();
    Bytes half = BenchEvidence.of(50).ima();

    List<byte[]> entries = ImaEntries.data(whole);
    assertThat(ImaEntries.data(half)).containsExactlyElementsOf(entries.subList(0, 50));
    assertThat(ImaEntries.offset(whole, 50)).isEqualTo(half.length());
  }
}
