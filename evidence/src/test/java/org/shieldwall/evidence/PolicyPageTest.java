package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
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

  /**
   * Windows Server's built-in policies for hosts with a TPM, all of them
   * (Get-HgsAttestationPolicy); what has no check here is on the page by name, with the reason.
   */
  private static final List<String> BUILT_IN =
      List.of(
          "Hgs_SecureBootEnabled",
          "Hgs_SecureBootSettings",
          "Hgs_UefiDebugDisabled",
          "Hgs_CiPolicy",
          "Hgs_HypervisorEnforcedCiPolicy",
          "Hgs_FullBoot",
          "Hgs_VsmIdkPresent",
          "Hgs_IommuEnabled",
          "Hgs_PageFileEncryptionEnabled",
          "Hgs_BitLockerEnabled",
          "Hgs_NoHibernation",
          "Hgs_NoDumps",
          "Hgs_DumpEncryption",
          "Hgs_DumpEncryptionKey");

  private static final List<String> WITHOUT_A_CHECK = List.of("Hgs_BitLockerEnabled");

  @Test
  void everyBuiltInPolicyOfWindowsHasItsCheckOrTheReasonWhyNot() throws IOException {
    Set<String> named = new TreeSet<>();
    for (Check each : Check.values()) {
      Pattern.compile("Hgs_[A-Za-z]+")
          .matcher(each.microsoftName())
          .results()
          .forEach(match -> named.add(match.group()));
    }
    Set<String> all = new TreeSet<>(named);
    all.addAll(WITHOUT_A_CHECK);
    assertThat(all).containsExactlyInAnyOrderElementsOf(BUILT_IN);
    assertThat(named).doesNotContainAnyElementsOf(WITHOUT_A_CHECK);
    String page = Files.readString(PAGE);
    assertThat(BUILT_IN).allSatisfy(each -> assertThat(page).contains(each));
    assertThat(page).contains("`Hgs_BitLockerEnabled`\nhas none here, since");
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
