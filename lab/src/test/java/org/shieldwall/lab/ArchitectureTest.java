package org.shieldwall.lab;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the arrows between the rooms: docs/architecture.md draws them, this refuses any other. */
class ArchitectureTest {
  private static final String ROOT = "org.shieldwall.";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.shieldwall");

  /**
   * What each room may use of ours, and of others'. The JDK and the nullness annotations are free.
   */
  private static final Map<String, Arrows> ROOMS =
      Map.ofEntries(
          room("tpm", List.of(), List.of()),
          room("evidence", List.of("tpm"), List.of()),
          room("protector", List.of(), List.of("tools.jackson..")),
          room("disk", List.of("tpm", "protector"), List.of("tools.jackson..")),
          room("protocol", List.of("tpm", "protector"), List.of("tools.jackson..")),
          room(
              "hgs",
              List.of("tpm", "evidence", "protocol", "protector"),
              List.of(
                  "tools.jackson..",
                  "io.helidon..",
                  "org.jdbi..",
                  "com.zaxxer..",
                  "org.sqlite..",
                  "org.bouncycastle..",
                  "com.amazon.corretto..",
                  "org.tomlj..",
                  "com.unboundid.ldap.sdk..",
                  "org.slf4j..")),
          room(
              "enclave",
              List.of("tpm", "disk", "protector"),
              List.of("tools.jackson..", "com.fasterxml.jackson.annotation..")),
          room(
              "host",
              List.of("tpm", "protocol", "protector", "enclave"),
              List.of("tools.jackson..", "org.tomlj..", "org.slf4j..")));

  private record Arrows(List<String> ours, List<String> others) {}

  private static Map.Entry<String, Arrows> room(
      String name, List<String> ours, List<String> others) {
    return Map.entry(name, new Arrows(ours, others));
  }

  static Stream<String> rooms() {
    return ROOMS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void aRoomUsesOnlyWhatItsArrowsAllow(String name) {
    assertThat(CLASSES.stream().filter(c -> c.getPackageName().startsWith(ROOT + name)))
        .as("classes of %s", name)
        .isNotEmpty();
    Arrows arrows = ROOMS.get(name);
    String[] allowed =
        Stream.of(
                Stream.of(name).map(ArchitectureTest::packages),
                arrows.ours().stream().map(ArchitectureTest::packages),
                arrows.others().stream(),
                Stream.of("java..", "javax..", "jdk.net..", "org.ietf.jgss..", "org.jspecify.."))
            .flatMap(s -> s)
            .toArray(String[]::new);
    classes()
        .that()
        .resideInAPackage(packages(name))
        .should()
        .onlyDependOnClassesThat(
            JavaClass.Predicates.resideInAnyPackage(allowed).or(primitiveOrArray()))
        .check(CLASSES);
  }

  @Test
  void theHostSeesNothingInsideTheEnclave() {
    noClasses()
        .that()
        .resideInAPackage(packages("host"))
        .should()
        .dependOnClassesThat(
            JavaClass.Predicates.resideInAPackage("org.shieldwall.enclave..")
                .and(
                    DescribedPredicate.not(
                        JavaClass.Predicates.resideInAnyPackage(
                            "org.shieldwall.enclave.message..",
                            "org.shieldwall.enclave.launch..",
                            "org.shieldwall.enclave.posix.."))))
        .check(CLASSES);
  }

  @Test
  void attestationAndKeysMeetOnlyInTheHealthCertificate() {
    noClasses()
        .that()
        .resideInAPackage("org.shieldwall.hgs.attestation..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.shieldwall.hgs.keys..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("org.shieldwall.hgs.keys..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.shieldwall.hgs.attestation..")
        .check(CLASSES);
  }

  @Test
  void evidenceIsPure() {
    noClasses()
        .that()
        .resideInAPackage(packages("evidence"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.net..", "java.nio.file..", "java.nio.channels..")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(java.util.Random.class)
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(java.lang.System.class, "currentTimeMillis")
        .check(CLASSES);
  }

  @Test
  void thereAreNoCircles() {
    slices().matching("org.shieldwall.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  private static String packages(String room) {
    return ROOT + room + "..";
  }

  private static DescribedPredicate<JavaClass> primitiveOrArray() {
    return DescribedPredicate.describe("primitive or array", c -> c.isPrimitive() || c.isArray());
  }
}
