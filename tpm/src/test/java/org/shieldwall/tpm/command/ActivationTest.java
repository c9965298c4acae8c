package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.CredentialMaker;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** Both kinds of endorsement key with every kind of attestation key. */
class ActivationTest {
  private static final Bytes SALT = TpmHash.SHA256.hash(Bytes.ofText("salt"));
  private static final byte[] SECRET = TpmHash.SHA256.hash(Bytes.ofText("secret")).toArray();
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

  static Stream<Arguments> pairs() {
    return Stream.of(KeyTemplates.endorsementRsa2048(), KeyTemplates.endorsementEccP256())
        .flatMap(endorsement ->
            Stream.of(
                    KeyTemplates.attestationEccP256(SALT),
                    KeyTemplates.attestationRsa2048(TpmAlgorithm.RSASSA, SALT),
                    KeyTemplates.attestationRsa2048(TpmAlgorithm.RSAPSS, SALT))
                .map(attestation -> Arguments.of(endorsement, attestation)));
  }

  private static byte[] activate(Tpm tpm, TpmObject ak, TpmObject ek, Credential credential)
      throws TpmException {
    try (TpmSession session = tpm.policySession(TpmHash.SHA256)) {
      session.policySecret(Hierarchy.ENDORSEMENT, Authorization.none());
      return tpm.keys()
          .activateCredential(
              ak, Authorization.none(), ek, Authorization.session(session), credential);
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void givenACredentialMadeInSoftwareThenItsTpmOpensIt(TpmPublic endorsement, TpmPublic attestation)
      throws Exception {
    try (Tpm tpm = swtpm.connect();
        TpmObject ek = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, endorsement);
        TpmObject ak = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, attestation)) {
      Credential credential =
          new CredentialMaker(new SecureRandom()).make(ek.area().publicKey(), ak.tpmName(), SECRET);

      assertThat(activate(tpm, ak, ek, credential)).isEqualTo(SECRET);
      assertThat(activate(tpm, ak, ek, Credential.parse(credential.marshal().toArray())))
          .isEqualTo(SECRET);
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void givenACredentialMadeByTheTpmThenItOpensIt(TpmPublic endorsement, TpmPublic attestation)
      throws Exception {
    try (Tpm tpm = swtpm.connect();
        TpmObject ek = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, endorsement);
        TpmObject ak = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, attestation)) {
      Credential credential = tpm.keys().makeCredential(ek, SECRET, ak.tpmName());
      assertThat(activate(tpm, ak, ek, credential)).isEqualTo(SECRET);
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void givenACredentialForAnotherKeyOrAlteredThenTheTpmRefuses(
      TpmPublic endorsement, TpmPublic attestation) throws Exception {
    try (Tpm tpm = swtpm.connect();
        TpmObject ek = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, endorsement);
        TpmObject ak = tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, attestation)) {
      CredentialMaker maker = new CredentialMaker(new SecureRandom());
      Credential forAnother = maker.make(ek.area().publicKey(), ek.tpmName(), SECRET);
      byte[] altered = maker.make(ek.area().publicKey(), ak.tpmName(), SECRET).marshal().toArray();
      altered[40] ^= 1;

      assertThatThrownBy(() -> activate(tpm, ak, ek, forAnother))
          .isInstanceOfSatisfying(
              TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.INTEGRITY));
      assertThatThrownBy(() -> activate(tpm, ak, ek, Credential.parse(altered)))
          .isInstanceOfSatisfying(
              TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.INTEGRITY));
    }
  }
}
