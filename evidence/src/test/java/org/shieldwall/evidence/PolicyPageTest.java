package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page on policies says of each check what the program does. */
class PolicyPageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("shieldwall.root", "..")).resolve("docs/policy.md");

  @ParameterizedTest
  @EnumSource(Check.class)
  void everyCheckIsThereWithItsDefaultAndWhyAndItsNameElsewhere(Check check) throws IOException {
    String page = Files.readString(PAGE);
    int at = page.indexOf("### " + check.label() + "\n");
    assertThat(at).as(check.label()).isPositive();
    int next = page.indexOf("\n### ", at);
    String section = page.substring(at, next < 0 ? page.length() : next);
    String standing =
        check.canBeSwitched() ? (check.isOnByDefault() ? "on" : "off") : "always made";
    assertThat(section)
        .contains(check.title() + ". " + check.why())
        .contains("- **Default**: " + standing + ". " + check.defaultReason())
        .contains("- **Microsoft's name**: ")
        .contains(check.microsoftName())
        .contains("- **Proof**: ")
        .contains("- **What root can do**: ");
    assertThat(page).contains("| [" + check.label() + "](#" + check.label() + ") | ");
  }

  @Test
  void everyCheckSaysWhatItIsAndIsFoundByItsLabel() {
    for (Check each : Check.values()) {
      assertThat(Check.ofLabel(each.label())).contains(each);
      assertThat(each.title()).isNotBlank().doesNotEndWith(".");
      assertThat(each.why()).endsWith(".");
      assertThat(each.defaultReason()).endsWith(".");
    }
    assertThat(Check.defaults())
        .contains(Check.SECURE_BOOT, Check.BOOT_BASELINE, Check.ENCLAVE_MEASURED, Check.FULL_BOOT);
  }
}
