package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;

/** TPMs that are busy, gone, or talk nonsense. */
@Timeout(60)
class TransportTest {
  private static final Retry AT_ONCE = new Retry(4, Duration.ZERO);

  /** Answers with what it was told to, and counts. */
  private static final class Scripted implements TpmTransport {
    private final Deque<byte[]> answers = new ArrayDeque<>();
    private int commands;

    Scripted then(byte[] answer) {
      answers.add(answer);
      return this;
    }

    Scripted then(int code) {
      return then(answer(code, new byte[0]));
    }

    @Override
    public byte[] transmit(byte[] command) throws IOException {
      commands++;
      if (answers.isEmpty()) {
        throw new IOException("no more answers");
      }
      return answers.remove().clone();
    }

    @Override
    public void close() {}
  }

  private static byte[] answer(int code, byte[] body) {
    return new ByteWriter().u16(0x8001).u32(10 + body.length).u32(code).bytes(body).toByteArray();
  }

  private static byte[] randomBytes() {
    return answer(0, new ByteWriter().sized(new byte[] {7, 7, 7, 7}).toByteArray());
  }

  private static Tpm over(TpmTransport transport) {
    return Tpm.over(transport, new SecureRandom(), AT_ONCE);
  }

  @Test
  void givenABusyTpmThenTheCommandIsSentAgain() throws Exception {
    Scripted transport = new Scripted().then(0x922).then(0x908).then(0x90A).then(randomBytes());
    assertThat(over(transport).random(4)).containsExactly(7, 7, 7, 7);
    assertThat(transport.commands).isEqualTo(4);
  }

  @Test
  void givenATpmThatStaysBusyThenItGivesUpAfterTheLastAttempt() {
    Scripted transport =
        new Scripted().then(0x922).then(0x922).then(0x922).then(0x922).then(randomBytes());
    assertThatThrownBy(() -> over(transport).random(4))
        .isInstanceOfSatisfying(
            TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.RETRY))
        .hasMessageContaining("busy");
    assertThat(transport.commands).isEqualTo(4);
  }

  @Test
  void givenARefusalThenTheCommandIsNotSentAgain() {
    Scripted transport = new Scripted().then(0x101).then(randomBytes());
    assertThatThrownBy(() -> over(transport).random(4))
        .isInstanceOfSatisfying(
            TpmRefusedException.class, e -> assertThat(e.rc()).isEqualTo(TpmRc.FAILURE));
    assertThat(transport.commands).isEqualTo(1);
  }

  @Test
  void givenNonsenseThenItIsUnusableFromThenOn() {
    byte[] good = randomBytes();
    byte[] longer = java.util.Arrays.copyOf(good, good.length + 1);
    byte[] sizeOff = good.clone();
    sizeOff[5]++;
    byte[] wrongTag = good.clone();
    wrongTag[1] = 2;
    byte[] tooFew = answer(0, new ByteWriter().sized(new byte[3]).toByteArray());
    byte[][] all = {{}, {1, 2, 3}, longer, sizeOff, wrongTag, tooFew};
    for (byte[] each : all) {
      Scripted transport = new Scripted().then(each).then(good);
      Tpm tpm = over(transport);
      assertThatThrownBy(() -> tpm.random(4))
          .as("%s", Bytes.of(each))
          .isInstanceOf(TpmUnusableException.class)
          .hasMessageContaining("TPM2_GetRandom");
      assertThatThrownBy(() -> tpm.random(4)).isInstanceOf(TpmUnusableException.class);
      assertThat(transport.commands).isEqualTo(1);
    }
  }

  @Test
  void givenAnyTruncationOrChangedByteOfAQuotesAnswerThenOnlyNamedErrors() throws Exception {
    byte[] quote = recordedQuote();
    for (int at = 0; at < quote.length; at++) {
      byte[] cut = java.util.Arrays.copyOf(quote, at);
      byte[] changed = quote.clone();
      changed[at] ^= (byte) 0xFF;
      for (byte[] each : new byte[][] {cut, changed}) {
        try {
          quote(each);
        } catch (TpmException expected) {
          assertThat(expected).hasMessageStartingWith("TPM2_");
        }
      }
    }
  }

  private static void quote(byte[] response) throws TpmException {
    TpmEngine engine = new TpmEngine(new Scripted().then(response), new SecureRandom(), AT_ONCE);
    TpmObject key =
        new TpmObject(engine, 0x80000000, KeyTemplates.attestationEccP256(Bytes.zeros(32)));
    new Keys(engine)
        .quote(key, Authorization.none(), Bytes.EMPTY, PcrSelection.of(TpmHash.SHA256, 0));
  }

  private static byte[] recordedQuote() throws Exception {
    byte[][] last = {{}};
    try (TestTpm swtpm = TestTpm.start();
        SocketTransport socket =
            SocketTransport.connect(swtpm.process().options().dataSocketPath())) {
      TpmTransport recording =
          new TpmTransport() {
            @Override
            public byte[] transmit(byte[] command) throws IOException {
              byte[] response = socket.transmit(command);
              last[0] = response.clone();
              return response;
            }

            @Override
            public void close() {}
          };
      try (Tpm tpm = over(recording)) {
        tpm.startup(Tpm.StartupType.CLEAR);
        try (TpmObject key =
            tpm.keys()
                .createPrimary(Hierarchy.OWNER, KeyTemplates.attestationEccP256(Bytes.zeros(32)))) {
          tpm.keys()
              .quote(key, Authorization.none(), Bytes.EMPTY, PcrSelection.of(TpmHash.SHA256, 0));
          return last[0];
        }
      }
    }
  }

  @Test
  void givenAKilledSwtpmThenThatIsSaidAndNothingHangs() throws Exception {
    try (TestTpm swtpm = TestTpm.start()) {
      Tpm tpm = swtpm.connect();
      swtpm.process().kill();
      assertThatThrownBy(() -> tpm.random(8))
          .isInstanceOf(TpmUnusableException.class)
          .hasMessageContaining("TPM2_GetRandom could not be carried out");
      tpm.close();
      assertThatThrownBy(swtpm::connect)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no swtpm answers");
    }
  }

  @Test
  void givenAHugeAnnouncedResponseThenItIsNotAllocated(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("responses");
    Files.write(file, new ByteWriter().u16(0x8001).u32(0x7FFFFFFF).u32(0).toByteArray());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        SocketTransport transport = SocketTransport.over(readOnly(channel))) {
      assertThatThrownBy(() -> transport.transmit(new byte[10]))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("2147483647");
    }
  }

  private static java.nio.channels.ByteChannel readOnly(FileChannel channel) {
    return new java.nio.channels.ByteChannel() {
      @Override
      public int read(ByteBuffer buffer) throws IOException {
        return channel.read(buffer);
      }

      @Override
      public int write(ByteBuffer buffer) {
        int length = buffer.remaining();
        buffer.position(buffer.limit());
        return length;
      }

      @Override
      public boolean isOpen() {
        return channel.isOpen();
      }

      @Override
      public void close() throws IOException {
        channel.close();
      }
    };
  }

  @Test
  void givenAFileThatIsNoTpmThenTheDeviceTransportSaysSo(@TempDir Path folder) throws Exception {
    Path file = Files.createFile(folder.resolve("tpm"));
    try (Tpm tpm = Tpm.device(file)) {
      assertThatThrownBy(() -> tpm.random(4))
          .isInstanceOf(TpmUnusableException.class)
          .hasMessageContaining("answered with");
    }
  }
}
