package org.shieldwall.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each attribute, taken away from or added to a good attestation key, has a flaw of its own. */
class AttestationKeyFlawTest {
  private static final TpmKey.Ecc GOOD_KEY =
      new TpmKey.Ecc(
          SymmetricDefinition.NONE,
          TpmScheme.of(TpmAlgorithm.ECDSA, TpmHash.SHA256),
          TpmCurve.NIST_P256,
          TpmScheme.NONE,
          ((TpmKey.Ecc) TortureSubjects.ecc().key()).x(),
          ((TpmKey.Ecc) TortureSubjects.ecc().key()).y());

  private static TpmPublic area(Set<ObjectAttribute> attributes, TpmHash nameAlg, TpmKey key) {
    return TpmPublic.of(nameAlg, new ObjectAttributes(attributes), Bytes.EMPTY, key);
  }

  private static EnumSet<ObjectAttribute> good() {
    return EnumSet.of(
        ObjectAttribute.RESTRICTED,
        ObjectAttribute.SIGN,
        ObjectAttribute.FIXED_TPM,
        ObjectAttribute.FIXED_PARENT,
        ObjectAttribute.SENSITIVE_DATA_ORIGIN,
        ObjectAttribute.USER_WITH_AUTH);
  }

  @Test
  void givenAGoodKeyThenItHasNoFlaw() {
    assertThat(AttestationKeyFlaw.of(area(good(), TpmHash.SHA256, GOOD_KEY))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "RESTRICTED, NOT_RESTRICTED",
    "SIGN, NOT_SIGNING",
    "FIXED_TPM, NOT_FIXED_TPM",
    "FIXED_PARENT, NOT_FIXED_PARENT",
    "SENSITIVE_DATA_ORIGIN, MADE_OUTSIDE"
  })
  void givenAnAttributeMissingThenThatIsTheFlaw(
      ObjectAttribute missing, AttestationKeyFlaw expected) {
    EnumSet<ObjectAttribute> attributes = good();
    attributes.remove(missing);
    assertThat(AttestationKeyFlaw.of(area(attributes, TpmHash.SHA256, GOOD_KEY)))
        .containsExactly(expected);
  }

  @Test
  void givenAKeyThatDecryptsTooThenThatIsTheFlaw() {
    EnumSet<ObjectAttribute> attributes = good();
    attributes.add(ObjectAttribute.DECRYPT);
    assertThat(AttestationKeyFlaw.of(area(attributes, TpmHash.SHA256, GOOD_KEY)))
        .containsExactly(AttestationKeyFlaw.DECRYPTS);
  }

  @Test
  void givenASha1NameThenThatIsTheFlaw() {
    assertThat(AttestationKeyFlaw.of(area(good(), TpmHash.SHA1, GOOD_KEY)))
        .containsExactly(AttestationKeyFlaw.WEAK_NAME);
  }

  @Test
  void givenANameThatCannotBeComputedHereThenTheAreaIsRefusedAndNotTheCaller() {
    byte[] area = area(good(), TpmHash.SHA256, GOOD_KEY).raw().toArray();
    area[3] = (byte) TpmHash.SM3_256.id();
    assertThatThrownBy(() -> TpmPublic.parse(area))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("nameAlg");
  }

  @Test
  void givenNoSchemeOrASha1SchemeThenThatIsTheFlaw() {
    for (TpmScheme scheme :
        new TpmScheme[] {
          TpmScheme.NONE,
          TpmScheme.of(TpmAlgorithm.ECDSA, TpmHash.SHA1),
          TpmScheme.of(TpmAlgorithm.ECSCHNORR, TpmHash.SHA256)
        }) {
      TpmKey key =
          new TpmKey.Ecc(
              SymmetricDefinition.NONE,
              scheme,
              GOOD_KEY.curve(),
              TpmScheme.NONE,
              GOOD_KEY.x(),
              GOOD_KEY.y());
      assertThat(AttestationKeyFlaw.of(area(good(), TpmHash.SHA256, key)))
          .containsExactly(AttestationKeyFlaw.UNSUITABLE_SCHEME);
    }
  }

  @Test
  void givenAPointOffTheCurveOrAShortRsaKeyThenThatIsTheFlaw() {
    TpmKey offCurve =
        new TpmKey.Ecc(
            SymmetricDefinition.NONE,
            GOOD_KEY.scheme(),
            GOOD_KEY.curve(),
            TpmScheme.NONE,
            GOOD_KEY.y(),
            GOOD_KEY.x());
    byte[] modulus = new byte[128];
    java.util.Arrays.fill(modulus, (byte) 0xC1);
    TpmKey rsa1024 =
        new TpmKey.Rsa(
            SymmetricDefinition.NONE,
            TpmScheme.of(TpmAlgorithm.RSASSA, TpmHash.SHA256),
            1024,
            0,
            Bytes.of(modulus));
    for (TpmKey key : new TpmKey[] {offCurve, rsa1024}) {
      assertThat(AttestationKeyFlaw.of(area(good(), TpmHash.SHA256, key)))
          .containsExactly(AttestationKeyFlaw.UNSUITABLE_KEY);
    }
  }

  @Test
  void givenSealedDataThenItHasNeitherSchemeNorKey() {
    TpmKey sealed = new TpmKey.KeyedHash(TpmScheme.NONE, Bytes.zeros(32));
    assertThat(AttestationKeyFlaw.of(area(good(), TpmHash.SHA256, sealed)))
        .containsExactly(AttestationKeyFlaw.UNSUITABLE_SCHEME, AttestationKeyFlaw.UNSUITABLE_KEY);
  }
}
