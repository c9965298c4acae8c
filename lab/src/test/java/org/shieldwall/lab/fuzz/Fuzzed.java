package org.shieldwall.lab.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What Jazzer runs: {@code --target_args} names the target. Started with the word {@code seeds} and
 * a folder it writes each target's seeds into a folder of its own; {@code list} prints the names.
 */
public final class Fuzzed {
  private static FuzzTarget target = FuzzTargets.all().getFirst();

  private Fuzzed() {}

  public static void fuzzerInitialize(String[] arguments) {
    // The fuzzer switches assertions on, and tomlj asserts on some input that it then refuses in
    // order; nobody runs it so.
    ClassLoader.getSystemClassLoader().setPackageAssertionStatus("org.tomlj", false);
    target = FuzzTargets.named(arguments[0]);
    // What is made once, and loaded and changed once, is not to count against the first input.
    target.seeds().get().stream().limit(1).forEach(target::accepts);
  }

  public static void fuzzerTestOneInput(byte[] input) {
    target.accepts(input);
  }

  public static void main(String[] arguments) throws IOException {
    for (FuzzTarget each : FuzzTargets.all()) {
      if (arguments[0].equals("list")) {
        System.out.println(each.name());
      } else {
        Path folder = Files.createDirectories(Path.of(arguments[1], each.name()));
        List<byte[]> seeds = each.seeds().get();
        for (int i = 0; i < seeds.size(); i++) {
          Files.write(folder.resolve("seed-" + i), seeds.get(i));
        }
      }
    }
  }
}
