package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmName;
import org.shieldwall.tpm.TpmPublic;

/** Quotes by every kind of attestation key, checked with Java's own signatures. */
class QuoteTest {
  private static final Bytes SALT = TpmHash.SHA256.hash(Bytes.ofText("salt"));
  private static final Bytes NONCE = Bytes.ofText("a nonce of the verifier's");
  private static TestTpm swtpm;

  @BeforeAll
  static void start() throws Exception {
    swtpm = TestTpm.start();
  }

  @AfterAll
  static void stop() throws Exception {
    if (swtpm != null) {
      swtpm.close();
    }
  }

  static Stream<TpmPublic> attestationKeys() {
    return Stream.of(
        KeyTemplates.attestationEccP256(SALT),
        KeyTemplates.attestationRsa2048(TpmAlgorithm.RSASSA, SALT),
        KeyTemplates.attestationRsa2048(TpmAlgorithm.RSAPSS, SALT));
  }

  @ParameterizedTest
  @MethodSource("attestationKeys")
  void givenAnAttestationKeyWhenItQuotesThenEverythingHolds(TpmPublic template) throws Exception {
    PcrSelection selection = PcrSelection.of(TpmHash.SHA256, 0, 7, 15).and(TpmHash.SHA1, 10);
    try (Tpm tpm = swtpm.connect();
        TpmObject key = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, template)) {
      Quoted quoted = tpm.keys().quote(key, Authorization.none(), NONCE, selection);
      PcrValues values = tpm.pcrs().read(selection);

      TpmAttest attest = quoted.attest();
      assertThat(quoted.signature().verify(key.area().publicKey(), attest.raw())).isTrue();
      assertThat(attest.extraData()).isEqualTo(NONCE);
      assertThat(((TpmAttest.Quote) attest.attested()).selection()).isEqualTo(selection);
      assertThat(values.digest(TpmHash.SHA256, selection))
          .contains(((TpmAttest.Quote) attest.attested()).pcrDigest());

      TpmName qualified =
          key.tpmName().qualifiedBelow(TpmName.ofHandle(0x4000000B), TpmHash.SHA256);
      assertThat(attest.qualifiedSigner()).isEqualTo(qualified.value());
      assertThat(tpm.keys().qualifiedName(key)).isEqualTo(qualified);
    }
  }

  @ParameterizedTest
  @MethodSource("attestationKeys")
  void givenAQuoteWhenAnyPartIsAnothersThenItDoesNotVerify(TpmPublic template) throws Exception {
    PcrSelection selection = PcrSelection.of(TpmHash.SHA256, 0);
    try (Tpm tpm = swtpm.connect();
        TpmObject key = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, template);
        TpmObject other = tpm.keys().createPrimary(Hierarchy.OWNER, template)) {
      Quoted quoted = tpm.keys().quote(key, Authorization.none(), NONCE, selection);
      Quoted another = tpm.keys().quote(key, Authorization.none(), Bytes.EMPTY, selection);

      assertThat(quoted.signature().verify(other.area().publicKey(), quoted.attest().raw()))
          .isFalse();
      assertThat(quoted.signature().verify(key.area().publicKey(), another.attest().raw()))
          .isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("attestationKeys")
  void givenTheSameTemplateAfterAPowerCycleThenItIsTheSameKey(TpmPublic template) throws Exception {
    TpmPublic before;
    try (Tpm tpm = swtpm.connect();
        TpmObject key = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, template)) {
      before = key.area();
    }
    swtpm.powerCycle();
    try (Tpm tpm = swtpm.connect();
        TpmObject key = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, template)) {
      assertThat(key.area()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("attestationKeys")
  void givenAnotherSaltThenItIsAnotherKey(TpmPublic template) throws Exception {
    Bytes otherSalt = TpmHash.SHA256.hash(Bytes.ofText("other"));
    TpmPublic otherTemplate =
        template.key().type() == TpmAlgorithm.ECC
            ? KeyTemplates.attestationEccP256(otherSalt)
            : KeyTemplates.attestationRsa2048(TpmAlgorithm.RSASSA, otherSalt);
    try (Tpm tpm = swtpm.connect();
        TpmObject key = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, template);
        TpmObject other = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, otherTemplate)) {
      assertThat(other.area().publicKey()).isNotEqualTo(key.area().publicKey());
    }
  }
}
