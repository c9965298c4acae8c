package org.shieldwall.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whole folders: copied as a backup would, searched as a thief would, deleted. */
public final class Trees {
  private static final int CHUNK = 1 << 20;

  private Trees() {}

  /** Copies a folder with owners, times and links, as root or a backup program does. */
  public static void copy(Path from, Path to) throws IOException, InterruptedException {
    Process copy =
        new ProcessBuilder("cp", "-a", "--sparse=always", from.toString(), to.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(copy.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (copy.waitFor() != 0) {
      throw new IOException("cp: " + said.strip());
    }
  }

  /** {@return every file below the folders that holds the secret, plain or in a usual encoding} */
  public static List<Path> filesWith(String secret, List<Path> folders) throws IOException {
    byte[] plain = secret.getBytes(StandardCharsets.US_ASCII);
    List<byte[]> forms =
        List.of(
            plain,
            secret.getBytes(StandardCharsets.UTF_16LE),
            HexFormat.of().formatHex(plain).getBytes(StandardCharsets.US_ASCII),
            // The middle of base64, whatever stands before and after it.
            middleOfBase64(plain, 0),
            middleOfBase64(plain, 1),
            middleOfBase64(plain, 2));
    List<Path> found = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (contains(file, forms)) {
            found.add(file);
          }
        }
      }
    }
    return found;
  }

  private static byte[] middleOfBase64(byte[] plain, int shift) {
    byte[] shifted = new byte[plain.length + shift];
    System.arraycopy(plain, 0, shifted, shift, plain.length);
    String text = Base64.getEncoder().withoutPadding().encodeToString(shifted);
    return text.substring(4, text.length() - 4).getBytes(StandardCharsets.US_ASCII);
  }

  private static boolean contains(Path file, List<byte[]> forms) throws IOException {
    int longest = forms.stream().mapToInt(form -> form.length).max().orElse(0);
    byte[] window = new byte[CHUNK + longest];
    int kept = 0;
    try (InputStream in = Files.newInputStream(file)) {
      while (true) {
        int read = in.readNBytes(window, kept, CHUNK);
        int filled = kept + read;
        for (byte[] form : forms) {
          if (indexOf(window, filled, form) >= 0) {
            return true;
          }
        }
        if (read < CHUNK) {
          return false;
        }
        kept = longest;
        System.arraycopy(window, filled - kept, window, 0, kept);
      }
    }
  }

  private static int indexOf(byte[] bytes, int length, byte[] form) {
    for (int at = 0; at + form.length <= length; at++) {
      int same = 0;
      while (same < form.length && bytes[at + same] == form[same]) {
        same++;
      }
      if (same == form.length) {
        return at;
      }
    }
    return -1;
  }

  /** Deletes a folder and what is in it. */
  public static void delete(Path root) {
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException stays) {
      System.err.println("note: " + root + " could not be deleted: " + stays.getMessage());
    }
  }
}
