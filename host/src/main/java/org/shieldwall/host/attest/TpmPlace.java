package org.shieldwall.host.attest;

import java.io.IOException;
import java.nio.file.Path;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;

/** Where the host's TPM is. */
public sealed interface TpmPlace {
  /** The kernel's resource-managed device, usually {@code /dev/tpmrm0}. */
  record Device(Path path) implements TpmPlace {
    @Override
    public Tpm open() throws IOException {
      return Tpm.device(path);
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  /** A software TPM's data socket: good for trying things out, proof of nothing. */
  record Swtpm(Path socket) implements TpmPlace {
    @Override
    public Tpm open() throws IOException, TpmException {
      return Tpm.swtpm(socket);
    }

    @Override
    public String toString() {
      return "swtpm:" + socket;
    }
  }

  /** Opens it; an swtpm serves one client at a time, so keep it open briefly. */
  Tpm open() throws IOException, TpmException;

  /** Reads {@code /dev/…} or {@code swtpm:/path}, as the configuration has it. */
  static TpmPlace parse(String text) {
    String prefix = "swtpm:";
    return text.startsWith(prefix)
        ? new Swtpm(Path.of(text.substring(prefix.length())).toAbsolutePath())
        : new Device(Path.of(text));
  }
}
