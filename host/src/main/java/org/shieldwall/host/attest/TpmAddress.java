package org.shieldwall.host.attest;

import java.io.IOException;
import java.nio.file.Path;
import org.shieldwall.enclave.launch.EnclaveLaunch;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;

/** Where the host's TPM is. Agent and enclave use it one after the other, each briefly. */
public sealed interface TpmAddress {
  /** The kernel's resource-managed device, usually {@code /dev/tpmrm0}. */
  record Device(Path path) implements TpmAddress {
    @Override
    public Tpm open() throws IOException {
      return Tpm.device(path);
    }

    @Override
    public EnclaveLaunch.OpenTpm openForEnclave() throws IOException {
      return EnclaveLaunch.OpenTpm.device(path);
    }
  }

  /** A software TPM's socket: good for trying things out; whoever runs it can forge everything. */
  record Swtpm(Path socket) implements TpmAddress {
    @Override
    public Tpm open() throws IOException, TpmException {
      return Tpm.swtpm(socket);
    }

    @Override
    public EnclaveLaunch.OpenTpm openForEnclave() throws IOException {
      return EnclaveLaunch.OpenTpm.swtpm(socket);
    }
  }

  /** Opens it. */
  Tpm open() throws IOException, TpmException;

  /** Opens it for the enclave's process, whose user may not be able to. */
  EnclaveLaunch.OpenTpm openForEnclave() throws IOException;

  /**
   * Reads {@code device:/dev/…} or {@code swtpm:/path/of/socket}.
   *
   * @throws IllegalArgumentException if it is neither, or the path is relative
   */
  static TpmAddress parse(String text) {
    int colon = text.indexOf(':');
    String kind = colon < 0 ? "" : text.substring(0, colon);
    Path path = Path.of(text.substring(colon + 1));
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("the TPM's path must be absolute: " + path);
    }
    return switch (kind) {
      case "device" -> new Device(path);
      case "swtpm" -> new Swtpm(path);
      default ->
          throw new IllegalArgumentException(
              "a TPM is device:/dev/tpmrm0 or swtpm:/path/of/socket, not " + text);
    };
  }
}
