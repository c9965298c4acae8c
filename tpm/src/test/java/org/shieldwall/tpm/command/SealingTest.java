package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** Secrets sealed to a machine's state. */
class SealingTest {
  private static final PcrSelection PCR7 = PcrSelection.of(TpmHash.SHA256, 7);
  private static final byte[] SECRET = "volume key".getBytes(StandardCharsets.UTF_8);

  private TestTpm swtpm;

  @BeforeEach
  void start() throws Exception {
    swtpm = TestTpm.start();
  }

  @AfterEach
  void stop() throws Exception {
    if (swtpm != null) {
      swtpm.close();
    }
  }

  private static PolicyDigest policy(Tpm tpm) throws Exception {
    Bytes digest = tpm.pcrs().read(PCR7).digest(TpmHash.SHA256, PCR7).orElseThrow();
    return PolicyDigest.start(TpmHash.SHA256).pcr(PCR7, digest);
  }

  private static CreatedObject seal(Tpm tpm) throws Exception {
    return seal(tpm, KeyTemplates.storageEccP256());
  }

  private static CreatedObject seal(Tpm tpm, TpmPublic storageTemplate) throws Exception {
    try (TpmObject storage = tpm.keys().createPrimary(Hierarchy.OWNER, storageTemplate)) {
      return tpm.keys().seal(storage, policy(tpm), SECRET);
    }
  }

  private static byte[] open(Tpm tpm, CreatedObject sealed) throws Exception {
    return open(tpm, sealed, KeyTemplates.storageEccP256());
  }

  private static byte[] open(Tpm tpm, CreatedObject sealed, TpmPublic storageTemplate)
      throws Exception {
    try (TpmObject storage = tpm.keys().createPrimary(Hierarchy.OWNER, storageTemplate);
        TpmObject object = tpm.keys().load(storage, sealed);
        TpmSession session = tpm.policySession(TpmHash.SHA256)) {
      session.policyPcr(PCR7);
      return tpm.keys().unseal(object, Authorization.session(session));
    }
  }

  @Test
  void givenTheSameStateThenItOpensAlsoAfterAPowerCycle() throws Exception {
    CreatedObject sealed;
    try (Tpm tpm = swtpm.connect()) {
      sealed = seal(tpm);
      assertThat(open(tpm, sealed)).isEqualTo(SECRET);
    }
    swtpm.powerCycle();
    try (Tpm tpm = swtpm.connect()) {
      assertThat(open(tpm, CreatedObject.parse(sealed.marshal().toArray()))).isEqualTo(SECRET);
    }
  }

  @Test
  void givenAnotherStateThenItIsRefusedForItsPolicy() throws Exception {
    try (Tpm tpm = swtpm.connect()) {
      CreatedObject sealed = seal(tpm);
      tpm.pcrs().extend(7, Map.of(TpmHash.SHA256, Bytes.zeros(32)));

      assertThatThrownBy(() -> open(tpm, sealed))
          .isInstanceOfSatisfying(
              TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.POLICY_FAIL))
          .hasMessageContaining("not the one the object was sealed to");
    }
  }

  @Test
  void givenNoPolicyThenItDoesNotOpenWithAnEmptyPassword() throws Exception {
    try (Tpm tpm = swtpm.connect()) {
      CreatedObject sealed = seal(tpm);
      try (TpmObject storage =
              tpm.keys().createPrimary(Hierarchy.OWNER, KeyTemplates.storageEccP256());
          TpmObject object = tpm.keys().load(storage, sealed)) {
        assertThatThrownBy(() -> tpm.keys().unseal(object, Authorization.none()))
            .isInstanceOfSatisfying(
                TpmRefusedException.class,
                e -> assertThat(e.rc()).isEqualTo(TpmRc.AUTH_UNAVAILABLE));
      }
    }
  }

  @Test
  void givenAnAlteredObjectThenItIsRefusedForItsIntegrity() throws Exception {
    try (Tpm tpm = swtpm.connect()) {
      CreatedObject sealed = seal(tpm);
      byte[] altered = sealed.privatePart().toArray();
      altered[altered.length - 1] ^= 1;
      assertThatThrownBy(() -> open(tpm, new CreatedObject(Bytes.of(altered), sealed.area())))
          .isInstanceOfSatisfying(
              TpmRefusedException.class,
              e -> {
                assertThat(e.rc()).isEqualTo(TpmRc.INTEGRITY);
                assertThat(e.code().subject())
                    .contains(new ResponseCode.Subject(ResponseCode.Part.PARAMETER, 1));
              });
    }
  }

  @Test
  void givenAnotherTpmThenItIsRefused() throws Exception {
    CreatedObject sealed;
    try (Tpm tpm = swtpm.connect()) {
      sealed = seal(tpm);
    }
    try (TestTpm other = TestTpm.start();
        Tpm tpm = other.connect()) {
      assertThatThrownBy(() -> open(tpm, sealed))
          .isInstanceOfSatisfying(
              TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.INTEGRITY));
    }
  }

  @Test
  void givenFiveLossesOfPowerWhileNoDaObjectsWereUsedThenNothingIsLockedOut() throws Exception {
    losePower(5, KeyTemplates.hostStorageEccP256());
  }

  @Test
  void givenFiveLossesOfPowerWhileSystemdsStorageKeyWasUsedThenTheTpmIsLocked() {
    // Why a guest's vTPM needs setLockoutRules: systemd's storage key has no noDA.
    assertThatThrownBy(() -> losePower(5, KeyTemplates.storageEccP256()))
        .isInstanceOfSatisfying(
            TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.LOCKOUT))
        .hasMessageContaining("dictionary-attack lockout");
  }

  @Test
  void givenLockoutRulesForAGuestThenLossesOfPowerDoNotLockItsStorageKey() throws Exception {
    try (Tpm tpm = swtpm.connect()) {
      tpm.setLockoutRules(Authorization.none(), 0xFFFF_FFFFL, 0, 0);
    }
    losePower(8, KeyTemplates.storageEccP256());
  }

  @Test
  void givenEveryCallerClosesThenSystemdsStorageKeyIsNeverLocked() throws Exception {
    CreatedObject sealed;
    try (Tpm tpm = swtpm.connect()) {
      sealed = seal(tpm);
    }
    for (int boot = 0; boot < 6; boot++) {
      for (int caller = 0; caller < 2; caller++) {
        try (Tpm tpm = swtpm.connect()) {
          assertThat(open(tpm, sealed)).as("boot %d", boot).isEqualTo(SECRET);
        }
      }
      swtpm.powerCycle();
    }
  }

  private void losePower(int times, TpmPublic storage) throws Exception {
    CreatedObject sealed;
    try (Tpm tpm = swtpm.connect()) {
      sealed = seal(tpm, storage);
    }
    for (int boot = 0; boot <= times; boot++) {
      @SuppressWarnings("resource") // closing it would shut the TPM down in order
      Tpm tpm = swtpm.connect();
      try (TpmObject key =
          tpm.keys()
              .createPrimary(
                  Hierarchy.ENDORSEMENT, KeyTemplates.attestationEccP256(Bytes.zeros(32)))) {
        tpm.keys().quote(key, Authorization.none(), Bytes.EMPTY, PCR7);
      }
      assertThat(open(tpm, sealed, storage)).as("boot %d", boot).isEqualTo(SECRET);
      swtpm.powerCycle();
    }
  }

  @Test
  void givenTooManyWrongPasswordsThenTheLockoutIsNamedAndCanBeReset() throws Exception {
    try (Tpm tpm = swtpm.connect();
        TpmObject key =
            tpm.keys()
                .createPrimary(
                    Hierarchy.OWNER,
                    Authorization.none(),
                    KeyTemplates.storageEccP256(),
                    new byte[] {1, 2, 3})) {
      TpmRc last = TpmRc.SUCCESS;
      for (int attempt = 0; attempt < 40 && last != TpmRc.LOCKOUT; attempt++) {
        try {
          tpm.keys()
              .create(
                  key,
                  Authorization.password(new byte[] {9}),
                  KeyTemplates.attestationEccP256(Bytes.zeros(32)),
                  new byte[0]);
        } catch (TpmRefusedException e) {
          last = e.rc();
          assertThat(e).hasMessageContaining("TPM_RC_").hasMessageNotContaining("09");
        }
      }
      assertThat(last).isEqualTo(TpmRc.LOCKOUT);

      tpm.resetLockout(Authorization.none());
      assertThat(
              tpm.keys()
                  .create(
                      key,
                      Authorization.password(new byte[] {1, 2, 3}),
                      KeyTemplates.sealedData(policy(tpm)),
                      new byte[0],
                      SECRET))
          .isNotNull();
    }
  }
}
