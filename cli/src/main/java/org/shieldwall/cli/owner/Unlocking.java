package org.shieldwall.cli.owner;

import java.io.Console;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import picocli.CommandLine.Option;

/** How a private guardian file is opened. A passphrase is asked for unless a file is named. */
final class Unlocking {
  private static final int MAX_PASSPHRASE = 4096;
  private static final int MIN_PASSPHRASE = 12;
  private static final int MAX_UTF8_PER_CHAR = 3;

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
      try (SecretBytes passphrase = passphrase("Passphrase of " + file + ": ")) {
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
      try (SecretBytes passphrase = newPassphrase(file)) {
        key.create(file, new SealedFile.Unlock.Passphrase(passphrase), random);
      }
    } catch (ProtectorException problem) {
      throw Documents.refused(file.toString(), problem);
    }
  }

  private SecretBytes newPassphrase(Path file) {
    SecretBytes first = passphrase("New passphrase for " + file + ": ");
    if (first.length() < MIN_PASSPHRASE) {
      first.close();
      throw new Failure(
          "a passphrase needs at least "
              + MIN_PASSPHRASE
              + " bytes; whoever guesses it owns the VM",
          "six random words are easy to remember and hard to guess",
          Failure.MALFORMED);
    }
    if (passphraseFile != null) {
      return first;
    }
    try (SecretBytes second = passphrase("Once more: ")) {
      if (!first.equals(second)) {
        first.close();
        throw new Failure("the two passphrases differ", "try again", Failure.MALFORMED);
      }
    }
    return first;
  }

  private SecretBytes passphrase(String prompt) {
    return passphraseFile == null ? asked(prompt) : firstLine(passphraseFile);
  }

  private static SecretBytes asked(String prompt) {
    Console console =
        Optional.ofNullable(System.console())
            .filter(Console::isTerminal)
            .orElseThrow(() ->
                new Failure(
                    "a passphrase is needed and there is no terminal to ask on",
                    "use --passphrase-file or --key-file",
                    Failure.ENVIRONMENT));
    char[] typed = console.readPassword("%s", prompt);
    if (typed == null) {
      throw new Failure("no passphrase was given", "", Failure.REFUSED);
    }
    ByteBuffer encoded = ByteBuffer.allocate(typed.length * MAX_UTF8_PER_CHAR);
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(typed), encoded, true);
    Arrays.fill(typed, '\0');
    byte[] exact = Arrays.copyOf(encoded.array(), encoded.position());
    Arrays.fill(encoded.array(), (byte) 0);
    return SecretBytes.takeFrom(SecretArena.plain(), exact);
  }

  private static SecretBytes firstLine(Path file) {
    byte[] content = Documents.read(file, MAX_PASSPHRASE);
    int end = 0;
    while (end < content.length && content[end] != '\n' && content[end] != '\r') {
      end++;
    }
    byte[] line = Arrays.copyOf(content, end);
    Arrays.fill(content, (byte) 0);
    return SecretBytes.takeFrom(SecretArena.plain(), line);
  }
}
