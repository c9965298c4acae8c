package org.shieldwall.evidence.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.MalformedException;

/** Paths that hold, and each way in which one does not. */
class CertificateChainTest {
  private static final long SEED = 0x5eed_0030L;
  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

  private final CertificateBuilder root = new CertificateBuilder("Root").authority(1);
  private final CertificateBuilder middle = new CertificateBuilder("Middle").authority(0);
  private final CertificateBuilder leaf =
      new CertificateBuilder("").tpm("id:53544D20", "ST33", "id:00490008");

  private CertificateChain.Result check(UntrustedCertificate certificate) {
    return CertificateChain.check(
        certificate, List.of(root.signedBy(root)), List.of(middle.signedBy(root)), NOW);
  }

  private static String reason(CertificateChain.Result result) {
    return switch (result) {
      case CertificateChain.Untrusted untrusted -> untrusted.reason();
      case CertificateChain.Trusted _, CertificateChain.NotChecked _ ->
          fail("not refused: " + result);
    };
  }

  @Test
  void givenAPathThenItIsTrustedAndNamesItsTpm() {
    UntrustedCertificate certificate = leaf.signedBy(middle);
    assertThat(check(certificate)).isInstanceOf(CertificateChain.Trusted.class);
    assertThat(TpmIdentity.of(certificate)).contains(new TpmIdentity("STM", "ST33", "id:00490008"));
  }

  @Test
  void givenAnIssuerOfTheSameNameWithAnotherKeyThenTheSignatureIsNotItsOwn() {
    CertificateBuilder impostor = new CertificateBuilder("Middle").authority(0);
    assertThat(reason(check(leaf.signedBy(impostor)))).contains("is not that of \"CN=Middle\"");
  }

  @Test
  void givenNoIssuerThenItsNameIsSaid() {
    CertificateBuilder stranger = new CertificateBuilder("Stranger").authority(0);
    assertThat(reason(check(leaf.signedBy(stranger)))).contains("\"CN=Stranger\"");
  }

  @Test
  void givenALeafThatIssuesThenItMayNot() {
    CertificateBuilder issuing = new CertificateBuilder("Issuing leaf");
    assertThat(
            reason(
                CertificateChain.check(
                    leaf.signedBy(issuing),
                    List.of(root.signedBy(root)),
                    List.of(issuing.signedBy(root)),
                    NOW)))
        .contains("is not marked as one that issues certificates");
  }

  @Test
  void givenAnIssuerWhoseKeyMayNotSignCertificatesThenItMayNot() {
    CertificateBuilder wrong = new CertificateBuilder("Wrong usage").authorityWithoutKeyUsage();
    assertThat(
            reason(
                CertificateChain.check(
                    leaf.signedBy(wrong),
                    List.of(root.signedBy(root)),
                    List.of(wrong.signedBy(root)),
                    NOW)))
        .contains("may not sign certificates");
  }

  @Test
  void givenAPathLongerThanAnIssuerAllowsThenItIsRefused() {
    CertificateBuilder below = new CertificateBuilder("Below").authority(0);
    assertThat(
            reason(
                CertificateChain.check(
                    leaf.signedBy(below),
                    List.of(root.signedBy(root)),
                    List.of(middle.signedBy(root), below.signedBy(middle)),
                    NOW)))
        .contains("allows a shorter path only");
  }

  @Test
  void givenAnUnknownCriticalExtensionThenItIsNamed() {
    CertificateBuilder odd = new CertificateBuilder("Odd").unknownCritical();
    assertThat(reason(check(odd.signedBy(middle)))).contains("1.2.3.4");
  }

  @Test
  void givenTwoCertificatesThatIssueEachOtherThenTheSearchEnds() {
    CertificateBuilder one = new CertificateBuilder("One").authority(9);
    CertificateBuilder other = new CertificateBuilder("Other").authority(9);
    assertThat(
            CertificateChain.check(
                leaf.signedBy(one),
                List.of(root.signedBy(root)),
                List.of(one.signedBy(other), other.signedBy(one)),
                NOW))
        .isInstanceOf(CertificateChain.Untrusted.class);
  }

  @Test
  void givenACertificateOutOfTimeThenItIsSaid() {
    CertificateBuilder expired =
        new CertificateBuilder("Expired").valid("200101000000Z", "210101000000Z");
    CertificateChain.Result result = check(expired.signedBy(middle));
    assertThat(((CertificateChain.Trusted) result).outOfTime()).containsExactly("CN=Expired");
  }

  @Test
  void givenATrustedRootItselfThenItNeedsNobodyAbove() {
    assertThat(check(root.signedBy(root))).isInstanceOf(CertificateChain.Trusted.class);
  }

  @Test
  void givenAnyCutOrChangeThenOnlyMalformedIsThrownAndNothingIsTrusted() {
    byte[] good = leaf.encodedBy(middle).toArray();
    Random random = new Random(SEED);
    for (int at = 0; at < good.length; at++) {
      byte[] altered = good.clone();
      altered[at] ^= (byte) (1 + random.nextInt(255));
      for (byte[] input : List.of(altered, Arrays.copyOf(good, at))) {
        try {
          assertThat(check(CertificateFile.parse(input).getFirst()))
              .as("byte %d, seed %x", at, SEED)
              .isInstanceOf(CertificateChain.Untrusted.class);
        } catch (MalformedException e) {
          assertThat(e.offset()).isBetween(0L, (long) good.length);
        }
      }
    }
  }
}
