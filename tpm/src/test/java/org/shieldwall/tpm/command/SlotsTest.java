package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** A TPM has three slots: what is closed makes room. */
class SlotsTest {
  private static final int PERSISTENT = 0x81010001;
  private static final TpmPublic TEMPLATE = KeyTemplates.attestationEccP256(Bytes.zeros(32));
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

  @Test
  void givenTwentyKeysAndSessionsClosedInTurnThenNoSlotStaysTaken() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (TpmObject key = tpm.keys().createPrimary(Hierarchy.OWNER, TEMPLATE);
          TpmSession session = tpm.policySession(TpmHash.SHA256)) {
        assertThat(key.isPersistent()).isFalse();
        assertThat(session.hash()).isEqualTo(TpmHash.SHA256);
      }
    }
    assertThat(tpm.capabilities().handles(Capabilities.TRANSIENT)).isEmpty();
    assertThat(tpm.capabilities().handles(Capabilities.LOADED_SESSION)).isEmpty();
  }

  @Test
  void givenKeysLeftOpenThenTheTpmRunsOutAndSaysSoUntilTheyAreFlushed() throws Exception {
    List<TpmObject> open = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 20; i++) {
                open.add(tpm.keys().createPrimary(Hierarchy.OWNER, TEMPLATE));
              }
            })
        .isInstanceOfSatisfying(
            TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.OBJECT_MEMORY))
        .hasMessageContaining("slots are taken");
    assertThat(tpm.flushTransient()).isEqualTo(open.size());
    tpm.keys().createPrimary(Hierarchy.OWNER, TEMPLATE).close();
  }

  @Test
  void givenAPersistentKeyThenItSurvivesClosingAndARestartUntilItIsEvicted() throws Exception {
    TpmPublic area;
    try (TpmObject key = tpm.keys().createPrimary(Hierarchy.OWNER, TEMPLATE);
        TpmObject kept = tpm.keys().persist(key, PERSISTENT, Authorization.none())) {
      area = kept.area();
      assertThat(kept.isPersistent()).isTrue();
    }
    tpm.close();
    swtpm.powerCycle();
    tpm = swtpm.connect();
    assertThat(tpm.capabilities().handles(Capabilities.PERSISTENT)).containsExactly(PERSISTENT);
    try (TpmObject kept = tpm.keys().at(PERSISTENT)) {
      assertThat(kept.area()).isEqualTo(area);
      tpm.keys().evict(kept, Authorization.none());
    }
    assertThatThrownBy(() -> tpm.keys().at(PERSISTENT))
        .isInstanceOfSatisfying(
            TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.HANDLE));
  }
}
