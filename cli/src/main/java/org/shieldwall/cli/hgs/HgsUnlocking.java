package org.shieldwall.cli.hgs;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Passphrase;
import org.shieldwall.protector.secret.SecretBytes;
import picocli.CommandLine.Option;

/** Where the service's passphrase comes from: a file, or whoever sits at the terminal. */
final class HgsUnlocking {
  @Option(
      names = "--passphrase-file",
      paramLabel = "FILE",
      description = "Read the passphrase from the first line of FILE instead of asking.")
  private @Nullable Path file;

  boolean hasFile() {
    return file != null;
  }

  /** {@return the passphrase of a service that has one} */
  SecretBytes ask() {
    return Passphrase.ask(Optional.ofNullable(file), "Passphrase of the service: ");
  }

  /** {@return a passphrase for a new service} */
  SecretBytes askNew() {
    return Passphrase.choose(
        Optional.ofNullable(file), "New passphrase: ", "can open every VM of this service");
  }
}
