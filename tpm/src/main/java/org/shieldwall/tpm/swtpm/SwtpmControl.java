package org.shieldwall.tpm.swtpm;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The control channel of {@code swtpm socket --ctrl type=unixio}: a 32-bit command and its body,
 * all big-endian; each answer begins with a 32-bit result. One client at a time.
 */
public final class SwtpmControl implements AutoCloseable {
  /** The state files are encrypted under a key. */
  public static final int CONFIG_FILE_KEY = 1;

  /** States leave through the control channel encrypted. */
  public static final int CONFIG_MIGRATION_KEY = 2;

  private static final int FLAG_DECRYPTED = 1;
  private static final int FLAG_ENCRYPTED = 2;
  private static final int INIT_DELETE_VOLATILE = 1;
  private static final int MAX_STATE = 4 * 1024 * 1024;

  private final ByteChannel channel;

  private SwtpmControl(ByteChannel channel) {
    this.channel = channel;
  }

  /** CMD_* of the control protocol. */
  private enum Command {
    GET_CAPABILITY(0x01),
    INIT(0x02),
    SHUTDOWN(0x03),
    STORE_VOLATILE(0x0A),
    GET_STATEBLOB(0x0C),
    SET_STATEBLOB(0x0D),
    STOP(0x0E),
    GET_CONFIG(0x0F);

    private final int code;

    Command(int code) {
      this.code = code;
    }

    String label() {
      return "swtpm's " + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** {@return the swtpm whose control channel is the unix socket {@code path}} */
  public static SwtpmControl connect(Path path) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      channel.close();
      throw new SwtpmException("no swtpm answers at " + path + ": " + e.getMessage(), e);
    }
    return over(channel);
  }

  /** {@return the swtpm at the other end of {@code channel}, which it now owns} */
  public static SwtpmControl over(ByteChannel channel) {
    return new SwtpmControl(channel);
  }

  /** {@return the bits of what this swtpm can do, PTM_CAP_*} */
  public long capabilities() throws IOException {
    send(Command.GET_CAPABILITY);
    return receive(8).getLong();
  }

  /** {@return {@link #CONFIG_FILE_KEY} and {@link #CONFIG_MIGRATION_KEY}, as far as set} */
  public int config() throws IOException {
    send(Command.GET_CONFIG);
    result(Command.GET_CONFIG);
    return receive(4).getInt();
  }

  /**
   * Powers the TPM on, from its state files.
   *
   * @param deleteVolatile whether a running TPM's state, once read, is removed from the files
   */
  public void init(boolean deleteVolatile) throws IOException {
    send(Command.INIT, deleteVolatile ? INIT_DELETE_VOLATILE : 0);
    result(Command.INIT);
  }

  /** Powers the TPM off; the process stays. */
  public void stop() throws IOException {
    send(Command.STOP);
    result(Command.STOP);
  }

  /** Powers the TPM off and ends the process. */
  public void shutdown() throws IOException {
    send(Command.SHUTDOWN);
    result(Command.SHUTDOWN);
  }

  /** Writes the running TPM's volatile state into its files. */
  public void storeVolatile() throws IOException {
    send(Command.STORE_VOLATILE);
    result(Command.STORE_VOLATILE);
  }

  /**
   * {@return the state of a TPM that is powered on: these parts, in plain} Closes the channel if
   * swtpm refuses.
   */
  public SwtpmState readState(SwtpmStateKind... kinds) throws IOException {
    SwtpmState state = new SwtpmState();
    try {
      for (SwtpmStateKind kind : kinds) {
        readPart(kind, state);
      }
      return state;
    } catch (IOException | RuntimeException e) {
      state.close();
      throw e;
    }
  }

  private void readPart(SwtpmStateKind kind, SwtpmState state) throws IOException {
    send(Command.GET_STATEBLOB, FLAG_DECRYPTED, kind.id(), 0);
    blobResult(Command.GET_STATEBLOB);
    ByteBuffer answer = receive(12);
    int flags = answer.getInt();
    int total = answer.getInt();
    int length = answer.getInt();
    if (length < 0 || length > MAX_STATE || total != length) {
      throw new SwtpmException("swtpm announced a state of " + length + " bytes of " + total);
    }
    ByteBuffer part = ByteBuffer.allocateDirect(length);
    state.put(kind, part);
    fill(part);
    if ((flags & FLAG_ENCRYPTED) != 0) {
      throw new SwtpmException("swtpm gives its state out encrypted only: it has a migration key");
    }
  }

  /**
   * Gives a TPM that is powered off this state, which swtpm writes to its files under its own key.
   * Closes the channel if swtpm refuses.
   */
  public void writeState(SwtpmState state) throws IOException {
    for (var part : state.parts().entrySet()) {
      if (part.getValue().hasRemaining()) {
        send(Command.SET_STATEBLOB, 0, part.getKey().id(), part.getValue().remaining());
        write(part.getValue());
        blobResult(Command.SET_STATEBLOB);
      }
    }
  }

  private void send(Command command, int... fields) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(4 + 4 * fields.length).putInt(command.code);
    for (int field : fields) {
      out.putInt(field);
    }
    write(out.flip());
  }

  private void write(ByteBuffer out) throws IOException {
    while (out.hasRemaining()) {
      channel.write(out);
    }
  }

  private void result(Command command) throws IOException {
    int result = receive(4).getInt();
    if (result != 0) {
      throw refused(command, result);
    }
  }

  /**
   * What else swtpm sends or still reads after refusing a state depends on where it stopped, so the
   * channel is of no more use then.
   */
  private void blobResult(Command command) throws IOException {
    try {
      result(command);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static SwtpmException refused(Command command, int result) {
    // Codes of the TPM 1.2 main specification, part 2, section 16, which libtpms reports with.
    String meaning =
        switch (result) {
          case 0x09 -> "; the TPM has failed: its state is missing, damaged, or under another key";
          case 0x0A -> "; the TPM is in the wrong state for it, or swtpm does not know it";
          case 0x21 -> "; the state does not decrypt under this key";
          default -> "";
        };
    return new SwtpmException(
        command.label() + " failed with code 0x%x".formatted(result) + meaning);
  }

  private ByteBuffer receive(int length) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(length);
    fill(in);
    return in.flip();
  }

  private void fill(ByteBuffer in) throws IOException {
    while (in.hasRemaining()) {
      if (channel.read(in) < 0) {
        throw new SwtpmException(
            "swtpm closed its control channel", new EOFException("end of stream"));
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
