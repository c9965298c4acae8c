package org.shieldwall.lab.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Capabilities;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Retry;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmObject;
import org.shieldwall.tpm.command.TpmTransport;

/** What a TPM, or whoever sits before it, answers to each command. */
final class TpmAnswerTargets {
  private static final int PLAIN = 0x8001;
  private static final int SESSIONS = 0x8002;
  private static final int INDEX = 0x01C00002;

  private TpmAnswerTargets() {}

  /** Talks to a TPM. */
  private interface Talk {
    void with(Tpm tpm) throws TpmException;
  }

  static List<FuzzTarget> all() {
    return List.of(
        answers(
            "tpm-answers-nv",
            tpm -> tpm.nv().read(INDEX),
            message(
                answer(PLAIN, new ByteWriter().sized(index()).sized(name())),
                answer(
                    SESSIONS, parameters(new ByteWriter().sized(Bytes.ofText("a certificate")))))),
        answers(
            "tpm-answers-capabilities",
            tpm -> {
              tpm.capabilities().algorithms();
              tpm.capabilities().properties();
              tpm.capabilities().pcrs();
              tpm.capabilities().handles(Capabilities.PERSISTENT);
            },
            message(
                answer(PLAIN, list(0, false).u32(1).u16(0x000B).u32(4)),
                answer(PLAIN, list(6, true).u32(1).u32(0x105).u32(0x49424D00)),
                answer(PLAIN, list(6, false).u32(0)),
                answer(PLAIN, list(6, false).u32(1).u32(0x200).u32(1)),
                answer(PLAIN, list(5, false).bytes(PcrSelection.all(TpmHash.SHA256).marshal())),
                answer(PLAIN, list(1, false).u32(1).u32(0x81000001L)))),
        answers(
            "tpm-answers-pcrs",
            tpm -> {
              tpm.startup(Tpm.StartupType.CLEAR);
              tpm.clock();
              tpm.random(4);
              tpm.pcrs().read(PcrSelection.of(TpmHash.SHA256, 7));
              tpm.pcrs().extend(16, Map.of(TpmHash.SHA256, Bytes.zeros(32)));
            },
            message(
                answer(PLAIN, new ByteWriter()),
                answer(PLAIN, new ByteWriter().u64(1).u64(2).u32(3).u32(4).u8(1)),
                answer(PLAIN, new ByteWriter().sized(Bytes.zeros(4))),
                answer(
                    PLAIN,
                    new ByteWriter()
                        .u32(1)
                        .bytes(PcrSelection.of(TpmHash.SHA256, 7).marshal())
                        .u32(1)
                        .sized(Bytes.zeros(32))),
                answer(SESSIONS, parameters(new ByteWriter())),
                answer(PLAIN, new ByteWriter()))),
        answers(
            "tpm-answers-keys",
            tpm -> {
              try (TpmObject key = tpm.keys().at(0x81000001)) {
                tpm.keys()
                    .quote(
                        key,
                        Authorization.none(),
                        Bytes.ofText("nonce"),
                        PcrSelection.of(TpmHash.SHA256, 7));
                tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.endorsementEccP256());
              }
            },
            message(answer(PLAIN, publicArea()))));
  }

  /** Read is what ends without an error, or where the TPM has no more to say. */
  private static FuzzTarget answers(String name, Talk talk, byte[] seed) {
    return FuzzTarget.of(
        name,
        () -> List.of(seed),
        input -> {
          Told told = new Told(ByteBuffer.wrap(input));
          try (Tpm tpm = Tpm.over(told, new SameNonces(), new Retry(2, Duration.ZERO))) {
            talk.with(tpm);
          } catch (TpmException e) {
            if (!told.isOver()) {
              throw e;
            }
          }
        },
        TpmException.class);
  }

  /** Answers of two bytes' length and that much, one after the other, whatever is asked. */
  private static final class Told implements TpmTransport {
    private final ByteBuffer answers;
    private boolean over;

    Told(ByteBuffer answers) {
      this.answers = answers;
    }

    boolean isOver() {
      return over;
    }

    @Override
    public byte[] transmit(byte[] command) throws IOException {
      int length = answers.remaining() < 2 ? -1 : answers.getShort() & 0xFFFF;
      if (length < 0) {
        over = true;
        throw new IOException("the conversation is over");
      }
      byte[] answer = new byte[Math.min(length, Math.min(answers.remaining(), MAX_RESPONSE))];
      answers.get(answer);
      return answer;
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }

  /** The same for each input, so that a finding is found again. */
  private static final class SameNonces extends SecureRandom {
    private static final long serialVersionUID = 1L;

    @Override
    public void nextBytes(byte[] bytes) {
      Arrays.fill(bytes, (byte) 0x5A);
    }
  }

  private static byte[] message(byte[]... answers) {
    ByteWriter all = new ByteWriter();
    for (byte[] each : answers) {
      all.sized(each);
    }
    return all.toByteArray();
  }

  private static byte[] answer(int tag, ByteWriter body) {
    return new ByteWriter()
        .u16(tag)
        .u32(TpmTransport.HEADER + body.length())
        .u32(0)
        .bytes(body.toBytes())
        .toByteArray();
  }

  /** Parameters, and the answer of a password's session: no nonce, kept on, no HMAC. */
  private static ByteWriter parameters(ByteWriter parameters) {
    return new ByteWriter()
        .u32(parameters.length())
        .bytes(parameters.toBytes())
        .u16(0)
        .u8(1)
        .u16(0);
  }

  private static ByteWriter list(int capability, boolean more) {
    return new ByteWriter().u8(more ? 1 : 0).u32(capability);
  }

  /** TPMS_NV_PUBLIC: whoever likes may read it. */
  private static Bytes index() {
    return new ByteWriter()
        .u32(INDEX)
        .u16(TpmHash.SHA256.id())
        .u32(0x0204_0000L)
        .sized(Bytes.EMPTY)
        .u16("a certificate".length())
        .toBytes();
  }

  private static Bytes name() {
    return new ByteWriter().u16(TpmHash.SHA256.id()).bytes(TpmHash.SHA256.hash(index())).toBytes();
  }

  private static ByteWriter publicArea() {
    TpmPublic area = KeyTemplates.attestationEccP256(Bytes.zeros(32));
    return new ByteWriter()
        .bytes(area.sized())
        .sized(area.name().value())
        .sized(area.name().value());
  }
}
