package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.ObjectAttribute;
import org.shieldwall.tpm.ObjectAttributes;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmScheme;
import org.shieldwall.tpm.TpmSignature;

/** Policies computed in software equal the TPM's, and hold or refuse as they should. */
class PolicyTest {
  private static final byte[] SECRET = {1, 2, 3, 4};
  private static final byte[] AUTH_VALUE = {'p', 'i', 'n', 0, 0};
  private static final Bytes REF = Bytes.ofText("purpose");
  private TestTpm swtpm;
  private Tpm tpm;

  @BeforeEach
  void start() throws Exception {
    swtpm = TestTpm.start();
    tpm = swtpm.connect();
  }

  @AfterEach
  void stop() throws Exception {
    if (swtpm != null) {
      tpm.close();
      swtpm.close();
    }
  }

  private PolicyDigest pcrPolicy(TpmHash hash, PcrSelection selection) throws Exception {
    Bytes digest = tpm.pcrs().read(selection).digest(hash, selection).orElseThrow();
    return PolicyDigest.start(hash).pcr(selection, digest);
  }

  @ParameterizedTest
  @EnumSource(
      value = TpmHash.class,
      names = {"SHA1", "SHA256", "SHA384", "SHA512"})
  void givenEveryAssertionInTurnThenATrialSessionSaysTheSame(TpmHash hash) throws Exception {
    PcrSelection selection = PcrSelection.of(TpmHash.SHA256, 0, 7, 14).and(TpmHash.SHA384, 23);
    try (TpmSession trial = tpm.trialSession(hash)) {
      assertThat(trial.policyDigest()).isEqualTo(PolicyDigest.start(hash));

      trial.policyPcr(selection);
      PolicyDigest expected = pcrPolicy(hash, selection);
      assertThat(trial.policyDigest()).isEqualTo(expected);

      trial.policySecret(Hierarchy.ENDORSEMENT, Authorization.none());
      expected = expected.secret(Hierarchy.ENDORSEMENT.tpmName(), Bytes.EMPTY);
      assertThat(trial.policyDigest()).isEqualTo(expected);

      trial.policySecret(Hierarchy.OWNER, Authorization.none(), REF);
      expected = expected.secret(Hierarchy.OWNER.tpmName(), REF);
      assertThat(trial.policyDigest()).isEqualTo(expected);

      trial.policyAuthValue();
      assertThat(trial.policyDigest()).isEqualTo(expected.authValue());
    }
  }

  @Test
  void givenTheDefaultEndorsementTemplatesThenTheirPolicyIsTheProfiles() {
    // TCG EK Credential Profile 2.x, annex B.3.3.
    assertThat(KeyTemplates.endorsementPolicy().value())
        .hasToString("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");
  }

  @Test
  void givenAPolicyApprovedByAKeyThenItOpensAndAnotherIsRefused() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair approver = generator.generateKeyPair();
    TpmPublic area =
        KeyTemplates.external(
            approver.getPublic(), TpmScheme.of(TpmAlgorithm.ECDSA, TpmHash.SHA256));
    PcrSelection selection = PcrSelection.of(TpmHash.SHA256, 11);
    PolicyDigest sealedTo = PolicyDigest.start(TpmHash.SHA256).authorize(area.name(), REF);
    PolicyDigest approved = pcrPolicy(TpmHash.SHA256, selection);
    TpmSignature signature = approve(approver, approved);

    try (TpmObject storage =
            tpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.hostStorageEccP256());
        TpmObject object = tpm.keys().load(storage, tpm.keys().seal(storage, sealedTo, SECRET))) {
      VerifiedTicket ticket;
      try (TpmObject verifier = tpm.keys().loadExternal(area, Hierarchy.OWNER)) {
        ticket =
            tpm.keys()
                .verifySignature(verifier, approved.toApprove(TpmHash.SHA256, REF), signature);
        assertThatThrownBy(() -> tpm.keys().verifySignature(verifier, Bytes.zeros(32), signature))
            .isInstanceOfSatisfying(
                TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.SIGNATURE));
      }
      try (TpmSession session = tpm.policySession(TpmHash.SHA256)) {
        session.policyPcr(selection).policyAuthorize(approved, REF, area.name(), ticket);
        assertThat(session.policyDigest()).isEqualTo(sealedTo);
        assertThat(tpm.keys().unseal(object, Authorization.session(session))).isEqualTo(SECRET);
      }

      tpm.pcrs().extend(11, Map.of(TpmHash.SHA256, Bytes.zeros(32)));
      try (TpmSession session = tpm.policySession(TpmHash.SHA256)) {
        session.policyPcr(selection);
        assertThatThrownBy(() -> session.policyAuthorize(approved, REF, area.name(), ticket))
            .isInstanceOfSatisfying(
                TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.VALUE));
      }
    }
  }

  private static TpmSignature approve(KeyPair approver, PolicyDigest approved) throws Exception {
    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(approver.getPrivate());
    signer.update(new ByteWriter().bytes(approved.value()).bytes(REF).toByteArray());
    return TpmSignature.ofRaw(
        approver.getPublic(), TpmAlgorithm.ECDSA, TpmHash.SHA256, signer.sign());
  }

  @Test
  void givenAnAuthorizationValueThenASessionProvesItAndAWrongOneIsRefused() throws Exception {
    PolicyDigest policy = PolicyDigest.start(TpmHash.SHA256).authValue();
    try (TpmObject storage =
            tpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.hostStorageEccP256());
        TpmObject object = tpm.keys().load(storage, sealWithValue(storage, policy));
        TpmSession policySession = tpm.policySession(TpmHash.SHA256);
        TpmSession hmacSession = tpm.hmacSession(TpmHash.SHA256)) {
      policySession.policyAuthValue();
      assertThat(tpm.keys().unseal(object, Authorization.session(policySession, AUTH_VALUE)))
          .isEqualTo(SECRET);
      for (int use = 0; use < 3; use++) { // nonces roll
        assertThat(tpm.keys().unseal(object, Authorization.session(hmacSession, AUTH_VALUE)))
            .isEqualTo(SECRET);
      }
      assertThat(tpm.keys().unseal(object, Authorization.password(AUTH_VALUE))).isEqualTo(SECRET);

      byte[] wrong = {'p', 'i', 'x'};
      policySession.policyAuthValue();
      for (Authorization each :
          new Authorization[] {
            Authorization.session(policySession, wrong),
            Authorization.session(hmacSession, wrong),
            Authorization.password(wrong)
          }) {
        assertThatThrownBy(() -> tpm.keys().unseal(object, each))
            .isInstanceOfSatisfying(
                TpmRefusedException.class,
                e -> assertThat(e.rc()).isIn(TpmRc.BAD_AUTH, TpmRc.AUTH_FAIL));
      }
    }
  }

  private CreatedObject sealWithValue(TpmObject storage, PolicyDigest policy) throws Exception {
    TpmPublic template =
        TpmPublic.of(
            TpmHash.SHA256,
            ObjectAttributes.of(
                ObjectAttribute.FIXED_TPM,
                ObjectAttribute.FIXED_PARENT,
                ObjectAttribute.USER_WITH_AUTH,
                ObjectAttribute.NO_DA),
            policy.value(),
            new TpmKey.KeyedHash(TpmScheme.NONE, Bytes.EMPTY));
    return tpm.keys().create(storage, Authorization.none(), template, AUTH_VALUE, SECRET);
  }
}
