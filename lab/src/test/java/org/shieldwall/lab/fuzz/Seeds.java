package org.shieldwall.lab.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where genuine inputs come from. */
final class Seeds {
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root", ".."));
  private static final Path VECTORS =
      ROOT.resolve(System.getProperty("shieldwall.vectors", "../shared/vectors"));
  private static final int LARGEST = 256 << 10;

  private Seeds() {}

  /** {@return the files of a folder of genuine evidence; none where the folder is absent} */
  static List<byte[]> vectors(String folder, String... endings) {
    Path from = VECTORS.resolve(folder);
    if (!Files.isDirectory(from)) {
      return List.of();
    }
    try (Stream<Path> found = Files.walk(from)) {
      List<byte[]> seeds = new ArrayList<>();
      for (Path each : found.filter(Files::isRegularFile).sorted().toList()) {
        boolean wanted =
            endings.length == 0 || Stream.of(endings).anyMatch(each.toString()::endsWith);
        if (wanted && Files.size(each) <= LARGEST) {
          seeds.add(Files.readAllBytes(each));
        }
      }
      return seeds;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return a file of the project} */
  static byte[] file(String path) {
    try {
      return Files.readAllBytes(ROOT.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(Seeds::utf8).toList();
  }

  @SafeVarargs
  static List<byte[]> all(List<byte[]>... lists) {
    List<byte[]> seeds = new ArrayList<>();
    for (List<byte[]> each : lists) {
      seeds.addAll(each);
    }
    return seeds;
  }
}
