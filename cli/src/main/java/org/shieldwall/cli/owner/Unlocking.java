package org.shieldwall.cli.owner;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Passphrase;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.secret.SecretBytes;
import picocli.CommandLine.Option;

/** How a private guardian file is opened. A passphrase is asked for unless a file is named. */
final class Unlocking {

  @Option(
      names = "--passphrase-file",
      paramLabel = "FILE",
      description = "Read the passphrase from the first line of FILE instead of asking.")
  private @Nullable Path passphraseFile;

  @Option(
      names = "--key-file",
      paramLabel = "FILE",
      description = "Use a key file of 32 random bytes, mode 0600, instead of a passphrase.")
  private @Nullable Path keyFile;

  /** Opens an existing private guardian file. */
  GuardianKey open(Path file, SecureRandom random) {
    try {
      if (keyFile != null) {
        return GuardianKey.open(file, new SealedFile.Unlock.KeyFile(keyFile), random);
      }
      try (SecretBytes passphrase =
          Passphrase.ask(Optional.ofNullable(passphraseFile), "Passphrase of " + file + ": ")) {
        return GuardianKey.open(file, new SealedFile.Unlock.Passphrase(passphrase), random);
      }
    } catch (ProtectorException problem) {
      throw Documents.refused(file.toString(), problem);
    }
  }

  /** Writes a new private guardian file; makes the key file if it is named and not there. */
  void create(GuardianKey key, Path file, SecureRandom random) {
    try {
      if (keyFile != null) {
        if (!keyFile.toFile().exists()) {
          SealedFile.createKeyFile(keyFile, random);
        }
        key.create(file, new SealedFile.Unlock.KeyFile(keyFile), random);
        return;
      }
      try (SecretBytes passphrase =
          Passphrase.choose(
              Optional.ofNullable(passphraseFile),
              "New passphrase for " + file + ": ",
              "owns what this guardian guards")) {
        key.create(file, new SealedFile.Unlock.Passphrase(passphrase), random);
      }
    } catch (ProtectorException problem) {
      throw Documents.refused(file.toString(), problem);
    }
  }
}
