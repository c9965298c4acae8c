package org.shieldwall.hgs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Attestation and key protection meet in the health certificate and nowhere else. */
class RoomsTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.shieldwall.hgs");

  @Test
  void givenTheTwoServices_whenTheirClassesAreRead_thenNeitherNamesTheOther() {
    noClasses()
        .that()
        .resideInAPackage("..hgs.attestation..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..hgs.keys..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("..hgs.keys..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("..hgs.attestation..")
        .check(CLASSES);
  }

  @Test
  void givenTheWebAndTheStore_whenTheirClassesAreRead_thenTheyKnowNoService() {
    noClasses()
        .that()
        .resideInAnyPackage("..hgs.web..", "..hgs.store..", "..hgs.audit..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("..hgs.attestation..", "..hgs.keys..", "..hgs.admin..")
        .check(CLASSES);
  }
}
