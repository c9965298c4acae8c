package org.shieldwall.cli;

import java.io.Console;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/**
 * A passphrase, from whoever sits at the terminal or from the first line of a file; never from an
 * argument or the environment. Every array it passed through is overwritten.
 */
public final class Passphrase {
  private static final int MIN_BYTES = 12;
  private static final int MAX_BYTES = 4096;
  private static final int MAX_UTF8_PER_CHAR = 3;

  private Passphrase() {}

  /** {@return an existing passphrase, UTF-8; the caller closes it} */
  public static SecretBytes ask(Optional<Path> file, String prompt) {
    return file.isPresent() ? firstLine(file.get()) : typed(prompt);
  }

  /**
   * {@return a new passphrase, typed twice or read; the caller closes it}
   *
   * @param atStake what whoever guesses it can do, to end the sentence
   */
  public static SecretBytes choose(Optional<Path> file, String prompt, String atStake) {
    SecretBytes first = ask(file, prompt);
    if (first.length() < MIN_BYTES) {
      first.close();
      throw new Failure(
          "a passphrase needs at least " + MIN_BYTES + " bytes; whoever guesses it " + atStake,
          "six random words are easy to remember and hard to guess",
          Failure.MALFORMED);
    }
    if (file.isEmpty()) {
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
    byte[] room = new byte[MAX_UTF8_PER_CHAR * characters.length];
    ByteBuffer encoded = ByteBuffer.wrap(room);
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(characters), encoded, true);
    byte[] exact = Arrays.copyOf(room, encoded.position());
    Arrays.fill(characters, '\0');
    Arrays.fill(room, (byte) 0);
    return SecretBytes.takeFrom(SecretArena.plain(), exact);
  }

  private static SecretBytes firstLine(Path file) {
    byte[] content = InputFile.read(file, MAX_BYTES);
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
