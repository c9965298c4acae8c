package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmHash;

/**
 * A TPM, or whoever sits before it, that answers every command with something slightly off: each
 * answer of a recorded conversation is cut short or changed in turn, and the conversation replayed.
 * It ends well or in a {@link TpmException}; nothing else comes out.
 */
class LyingTpmTest {
  private static final long SEED = 0x11e5L;
  private static final int INDEX = 0x01800002;

  /** The same nonces in every conversation, so that recorded session HMACs stay good. */
  private static SecureRandom sameNonces() {
    return new SecureRandom() {
      private static final long serialVersionUID = 1L;

      @Override
      public void nextBytes(byte[] bytes) {
        Arrays.fill(bytes, (byte) 0x5A);
      }
    };
  }

  /** Plays answers back, whatever the command. */
  private record Replay(Iterator<Bytes> answers) implements TpmTransport {
    @Override
    public byte[] transmit(byte[] command) throws IOException {
      if (!answers.hasNext()) {
        throw new IOException("the conversation is over");
      }
      return answers.next().toArray();
    }

    @Override
    public void close() {}
  }

  /** Writes answers down. */
  private record Recorder(TpmTransport real, List<Bytes> answers) implements TpmTransport {
    @Override
    public byte[] transmit(byte[] command) throws IOException {
      byte[] answer = real.transmit(command);
      answers.add(Bytes.of(answer));
      return answer;
    }

    @Override
    public void close() throws IOException {
      real.close();
    }
  }

  private static void converse(TpmTransport transport) throws Exception {
    PcrSelection selection = PcrSelection.all(TpmHash.SHA1, TpmHash.SHA256);
    PcrSelection pcr16 = PcrSelection.of(TpmHash.SHA256, 16);
    byte[] pin = {1, 2, 3};
    try (Tpm tpm = Tpm.over(transport, sameNonces(), new Retry(2, Duration.ZERO))) {
      tpm.startup(Tpm.StartupType.CLEAR);
      tpm.random(16);
      tpm.clock();
      tpm.capabilities().properties();
      tpm.capabilities().algorithms();
      tpm.capabilities().pcrs();
      tpm.pcrs().extend(16, Map.of(TpmHash.SHA256, Bytes.zeros(32)));
      tpm.pcrs().read(selection);
      tpm.nv().store(INDEX, Bytes.zeros(600), Authorization.none());
      tpm.nv().read(INDEX);
      keys(tpm, pcr16, pin);
      tpm.capabilities().handles(Capabilities.TRANSIENT);
    }
  }

  private static void keys(Tpm tpm, PcrSelection selection, byte[] pin) throws Exception {
    Keys keys = tpm.keys();
    PolicyDigest policy = PolicyDigest.start(TpmHash.SHA256).authValue();
    try (TpmObject ek =
            keys.createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.endorsementEccP256());
        TpmObject ak =
            keys.createPrimary(
                Hierarchy.ENDORSEMENT, KeyTemplates.attestationEccP256(Bytes.zeros(32)));
        TpmSession session = tpm.policySession(TpmHash.SHA256)) {
      keys.quote(ak, Authorization.none(), Bytes.ofText("nonce"), selection);
      Credential credential = keys.makeCredential(ek, new byte[32], ak.tpmName());
      session.policySecret(Hierarchy.ENDORSEMENT, Authorization.none());
      session.policyDigest();
      keys.activateCredential(
          ak, Authorization.none(), ek, Authorization.session(session), credential);
      keys.qualifiedName(ak);
      keys.at(ak.handle());
    }
    try (TpmObject storage =
            keys.createPrimary(Hierarchy.OWNER, KeyTemplates.hostStorageEccP256());
        TpmObject object =
            keys.load(
                storage,
                keys.create(
                    storage,
                    Authorization.none(),
                    KeyTemplates.sealedData(policy),
                    pin,
                    new byte[] {9}));
        TpmSession session = tpm.policySession(TpmHash.SHA256)) {
      session.policyAuthValue();
      keys.unseal(object, Authorization.session(session, pin));
    }
  }

  private static List<Bytes> record() throws Exception {
    List<Bytes> answers = new ArrayList<>();
    try (TestTpm swtpm = TestTpm.start()) {
      converse(
          new Recorder(
              SocketTransport.connect(swtpm.process().options().dataSocketPath()), answers));
    }
    return answers;
  }

  private static void replay(List<Bytes> answers) throws Exception {
    converse(new Replay(answers.iterator()));
  }

  @Test
  void givenTheRecordedConversationThenItReplays() throws Exception {
    List<Bytes> answers = record();
    assertThat(answers).hasSizeGreaterThan(30);
    replay(answers);
  }

  @Test
  void givenAnyAnswerCutShortThenItIsANamedError() throws Exception {
    List<Bytes> answers = record();
    for (int turn = 0; turn < answers.size(); turn++) {
      Bytes good = answers.get(turn);
      for (int length = 0; length < good.length(); length += 1 + length / 16) {
        List<Bytes> lying = new ArrayList<>(answers);
        lying.set(turn, withSize(good.slice(0, length)));
        try {
          replay(lying);
          fail("answer %d cut to %d bytes was taken", turn, length);
        } catch (TpmException expected) {
          assertThat(expected).hasMessageStartingWith("TPM2_");
        }
      }
    }
  }

  @Test
  void givenAnyByteOfAnyAnswerChangedThenNothingButANamedErrorComesOut() throws Exception {
    List<Bytes> answers = record();
    Random random = new Random(SEED);
    for (int turn = 0; turn < answers.size(); turn++) {
      byte[] good = answers.get(turn).toArray();
      for (int at = 0; at < good.length; at += 1 + at / 64) {
        byte[] changed = good.clone();
        changed[at] ^= (byte) (1 + random.nextInt(255));
        List<Bytes> lying = new ArrayList<>(answers);
        lying.set(turn, Bytes.of(changed));
        try {
          replay(lying);
        } catch (TpmException expected) {
          assertThat(expected).hasMessageStartingWith("TPM2_");
        }
      }
    }
  }

  @Test
  void givenASessionsAnswerChangedThenItsHmacTells() throws Exception {
    List<Bytes> answers = record();
    int found = 0;
    for (int turn = 0; turn < answers.size(); turn++) {
      byte[] answer = answers.get(turn).toArray();
      // TPM2_Unseal's: tag, size, code, parameterSize, then the one sealed byte as TPM2B.
      if (answer.length > 17 && answer[13] == 3 && answer[15] == 1 && answer[16] == 9) {
        answer[16] = 8;
        List<Bytes> lying = new ArrayList<>(answers);
        lying.set(turn, Bytes.of(answer));
        try {
          replay(lying);
          fail("another secret was taken for the sealed one");
        } catch (TpmUnusableException expected) {
          assertThat(expected).hasMessageContaining("TPM2_Unseal").hasMessageContaining("HMAC");
        }
        found++;
      }
    }
    assertThat(found).isEqualTo(1);
  }

  /** A response that is shorter but says so, to get past the first check. */
  private static Bytes withSize(Bytes cut) {
    if (cut.length() < 6) {
      return cut;
    }
    byte[] bytes = cut.toArray();
    bytes[2] = 0;
    bytes[3] = 0;
    bytes[4] = (byte) (bytes.length >>> 8);
    bytes[5] = (byte) bytes.length;
    return Bytes.of(bytes);
  }
}
