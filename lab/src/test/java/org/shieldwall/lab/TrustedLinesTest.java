package org.shieldwall.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.NumberFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * How much code of ours an owner trusts: all of {@code enclave}, and of the other modules each
 * source file that the enclave's program can come to. docs/enclave.md says how much that is, in
 * steps of fifty lines, and it may not grow past a ceiling without somebody raising it here.
 */
class TrustedLinesTest {
  private static final String MAIN = "org.shieldwall.enclave.EnclaveMain";
  private static final Path ROOT = Path.of(System.getProperty("shieldwall.root"));
  private static final int STEP = 50;
  private static final int CEILING = 18_500;

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(
              "org.shieldwall.enclave",
              "org.shieldwall.tpm",
              "org.shieldwall.protector",
              "org.shieldwall.disk");

  /** {@return the source files, by module} */
  private static Map<String, List<Path>> sources() throws IOException {
    Stream<Path> reached =
        Stream.concat(
                Stream.of(CLASSES.get(MAIN)),
                CLASSES.get(MAIN).getTransitiveDependenciesFromSelf().stream()
                    .map(arrow -> arrow.getTargetClass().getBaseComponentType()))
            .map(JavaClass::getName)
            .filter(name -> name.startsWith("org.shieldwall."))
            .map(TrustedLinesTest::source);
    try (Stream<Path> all = Files.walk(ROOT.resolve("enclave/src/main/java"))) {
      return Stream.concat(reached, all.filter(file -> file.toString().endsWith(".java")))
          .distinct()
          .collect(
              Collectors.groupingBy(
                  file -> ROOT.relativize(file).getName(0).toString(),
                  TreeMap::new,
                  Collectors.toList()));
    }
  }

  private static Path source(String name) {
    String module = name.split("\\.", -1)[2];
    String outermost = name.replaceFirst("\\$.*", "").replace('.', '/');
    return ROOT.resolve(module).resolve("src/main/java").resolve(outermost + ".java");
  }

  /** Neither blank nor comment alone. */
  static long lines(String source) {
    String code = source.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)^\\s*//.*$", "");
    return code.lines().filter(line -> !line.isBlank()).count();
  }

  private static Map<String, Long> counted() throws IOException {
    Map<String, Long> counted = new TreeMap<>();
    for (Map.Entry<String, List<Path>> module : sources().entrySet()) {
      long sum = 0;
      for (Path file : module.getValue()) {
        sum += lines(Files.readString(file));
      }
      counted.put(module.getKey(), sum);
    }
    return counted;
  }

  @Test
  void givenASourceThenOnlyItsCodeIsCounted() {
    assertThat(lines("/** a\n * b\n */\nclass A { // c\n\n  // d\n  /* e */ int f;\n}\n"))
        .isEqualTo(3);
  }

  @Test
  void givenTheEnclaveThenWhatItComesToIsFarLessThanAllAndReachesIntoEachModule()
      throws IOException {
    assertThat(sources().keySet()).containsExactly("disk", "enclave", "protector", "tpm");
    assertThat(sources().get("protector"))
        .contains(source("org.shieldwall.protector.Release"))
        .doesNotContain(source("org.shieldwall.protector.SecretFile"));
  }

  @Test
  void givenTheTrustedLinesThenTheDocumentSaysHowManyAndTheyAreBelowTheCeiling()
      throws IOException {
    String document = Files.readString(ROOT.resolve("docs/enclave.md"));
    long sum = 0;
    for (Map.Entry<String, Long> module : counted().entrySet()) {
      sum += module.getValue();
      long stepped = (module.getValue() + STEP - 1) / STEP * STEP;
      assertThat(document)
          .as(module.getKey() + " has " + module.getValue() + " lines that are trusted")
          .contains(
              "`"
                  + module.getKey()
                  + "` "
                  + NumberFormat.getIntegerInstance(Locale.ROOT).format(stepped));
    }
    assertThat(sum).as("all trusted lines: less is better").isLessThanOrEqualTo(CEILING);
  }
}
