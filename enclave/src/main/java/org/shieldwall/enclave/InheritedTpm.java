package org.shieldwall.enclave;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.shieldwall.enclave.posix.Descriptor;
import org.shieldwall.enclave.posix.UnixChannel;
import org.shieldwall.enclave.posix.UnixSocket;
import org.shieldwall.tpm.command.SocketTransport;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmTransport;

/** The host's TPM as the agent opened it: descriptor 3, used once, at the start. */
final class InheritedTpm {
  private static final int NUMBER = 3;
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private InheritedTpm() {}

  /** {@return the TPM} */
  static Tpm open(String kind) throws TpmException {
    Descriptor descriptor = Descriptor.inherited(NUMBER);
    return switch (kind) {
      case "device" -> Tpm.over(new DeviceDescriptor(descriptor));
      case "stream" -> {
        UnixSocket socket = new UnixSocket(descriptor);
        Tpm tpm = Tpm.over(SocketTransport.over(new UnixChannel(socket, ANSWER)));
        tpm.startup(Tpm.StartupType.CLEAR);
        yield tpm;
      }
      default -> throw new IllegalArgumentException("--tpm is device or stream");
    };
  }

  /** The kernel takes one command per write and gives one response per read. */
  private record DeviceDescriptor(Descriptor descriptor) implements TpmTransport {
    @Override
    public byte[] transmit(byte[] command) throws IOException {
      descriptor.write(command);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment response = arena.allocate(MAX_RESPONSE);
        int length = descriptor.read(response);
        if (length < HEADER) {
          throw new EOFException("the TPM device answered with " + length + " bytes");
        }
        return response.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
      }
    }

    @Override
    public void close() {
      descriptor.close();
    }
  }
}
