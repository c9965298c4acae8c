package org.shieldwall.cli.hgs;

import java.io.Console;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.cli.Failure;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import picocli.CommandLine.Option;

/** Where the service's passphrase comes from: a file, or whoever sits at the terminal. */
final class HgsUnlocking {
  private static final int MIN_BYTES = 12;
  private static final int MAX_BYTES = 4096;

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
    return file == null ? typed("Passphrase of the service: ") : firstLine(file);
  }

  /** {@return a passphrase for a new service} */
  SecretBytes askNew() {
    SecretBytes first = file == null ? typed("New passphrase: ") : firstLine(file);
    if (first.length() < MIN_BYTES) {
      first.close();
      throw new Failure(
          "a passphrase needs at least "
              + MIN_BYTES
              + " bytes; whoever guesses it can open every VM",
          "six random words are easy to remember and hard to guess",
          Failure.MALFORMED);
    }
    if (file == null) {
      try (SecretBytes second = typed("Once more: ")) {
        if (!first.sameAs(second)) {
          first.close();
          throw new Failure("the two passphrases differ", "try again", Failure.MALFORMED);
        }
      }
    }
    return first;
  }

  private static SecretBytes typed(String prompt) {
    Console console =
        Optional.ofNullable(System.console())
            .filter(Console::isTerminal)
            .orElseThrow(() ->
                new Failure(
                    "a passphrase is needed and there is no terminal to ask on",
                    "use --passphrase-file",
                    Failure.ENVIRONMENT));
    char[] characters = console.readPassword("%s", prompt);
    if (characters == null || characters.length == 0) {
      throw new Failure("no passphrase was given", "", Failure.REFUSED);
    }
    byte[] room = new byte[3 * characters.length];
    ByteBuffer encoded = ByteBuffer.wrap(room);
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(characters), encoded, true);
    byte[] exact = Arrays.copyOf(room, encoded.position());
    Arrays.fill(characters, '\0');
    Arrays.fill(room, (byte) 0);
    return SecretBytes.takeFrom(SecretArena.plain(), exact);
  }

  private static SecretBytes firstLine(Path file) {
    byte[] content = HgsOptions.read(file, MAX_BYTES);
    int end = 0;
    while (end < content.length && content[end] != '\n' && content[end] != '\r') {
      end++;
    }
    byte[] line = Arrays.copyOf(content, end);
    Arrays.fill(content, (byte) 0);
    if (line.length == 0) {
      throw new Failure(file + " begins with an empty line", "", Failure.MALFORMED);
    }
    return SecretBytes.takeFrom(SecretArena.plain(), line);
  }
}
