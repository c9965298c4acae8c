package org.shieldwall.tpm.command;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A TPM's character device. The kernel takes one command per write and gives one response per read.
 */
public final class DeviceTransport implements TpmTransport {
  /** The device behind the kernel's resource manager, to be preferred to {@code /dev/tpm0}. */
  public static final Path RESOURCE_MANAGER = Path.of("/dev/tpmrm0");

  private final FileChannel channel;

  private DeviceTransport(FileChannel channel) {
    this.channel = channel;
  }

  /** {@return the TPM at {@code device}, e.g. {@link #RESOURCE_MANAGER}} */
  public static DeviceTransport open(Path device) throws IOException {
    return over(FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /** {@return the TPM whose device is open as {@code channel}, which it now owns} */
  public static DeviceTransport over(FileChannel channel) {
    return new DeviceTransport(channel);
  }

  @Override
  public byte[] transmit(byte[] command) throws IOException {
    int written = channel.write(ByteBuffer.wrap(command));
    if (written != command.length) {
      throw new IOException("the TPM device took " + written + " of " + command.length + " bytes");
    }
    byte[] buffer = new byte[MAX_RESPONSE];
    int length = channel.read(ByteBuffer.wrap(buffer));
    if (length < HEADER) {
      throw new EOFException("the TPM device answered with " + length + " bytes");
    }
    byte[] response = Arrays.copyOf(buffer, length);
    Arrays.fill(buffer, (byte) 0);
    return response;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
