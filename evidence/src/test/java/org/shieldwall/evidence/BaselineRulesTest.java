package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.EventType;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Baselines of several images, rules for the command line, and what differs, in words. */
class BaselineRulesTest {
  private static LogBuilder boot(String image, String commandLine) {
    return new LogBuilder().firmware(true).image(image, "x", commandLine).exit();
  }

  private static BootFacts facts(String image, String commandLine) {
    return VerifierTest.facts(boot(image, commandLine).log());
  }

  private static BootBaseline baseline(String name, String image) {
    return BootBaseline.capture(name, facts(image, "quiet"), CaptureLevel.BOOT);
  }

  @Test
  void givenTwoBaselinesThenTheDifferenceIsNamed() {
    List<FactDifference> differences = baseline("old", "uki").diff(baseline("new", "next uki"));
    assertThat(differences).hasSize(1);
    FactDifference only = differences.getFirst();
    assertThat(only.fact()).isEqualTo(FactName.BOOT_APPLICATIONS);
    assertThat(only.event()).isEmpty();
    assertThat(only.describe()).isEqualTo("the images booted: value 1 differs");
    assertThat(only.expected()).contains(LogBuilder.digestOf("uki").hex());
    assertThat(only.found()).contains(LogBuilder.digestOf("next uki").hex());
    assertThat(baseline("old", "uki").diff(baseline("same", "uki"))).isEmpty();
  }

  @Test
  void givenABaselineAndABootThenTheEventIsNamedToo() {
    LogBuilder next = boot("next uki", "quiet debug");
    List<FactDifference> differences = baseline("old", "uki").diff(VerifierTest.facts(next.log()));
    assertThat(differences)
        .extracting(FactDifference::fact)
        .containsExactly(
            FactName.BOOT_APPLICATIONS, FactName.KERNEL_COMMAND_LINE, FactName.LOADED_FILES);
    // The log's first event is its header.
    int image = 1 + next.find(4, EventType.EFI_BOOT_SERVICES_APPLICATION);
    assertThat(differences.getFirst().event()).isEqualTo(OptionalInt.of(image));
    assertThat(differences.get(1).toString())
        .contains("the kernel's command line: value 1, from event")
        .contains("expected quiet, found quiet debug");
  }

  @Test
  void givenAFactThatOneOfTwoDoesNotNameThenThatIsADifference() {
    BootBaseline keys = BootBaseline.capture("keys", facts("uki", "quiet"), CaptureLevel.KEYS);
    assertThat(keys.diff(baseline("boot", "uki")))
        .extracting(FactDifference::expected)
        .containsOnly(FactDifference.ANYTHING);
  }

  @Test
  void givenAnyOfSeveralImagesThenEachPassesAndAThirdDoesNot() {
    BootBaseline either = baseline("rack7", "uki").or(baseline("other", "next uki"));
    assertThat(either.compare(facts("uki", "quiet"))).isEmpty();
    assertThat(either.compare(facts("next uki", "quiet"))).isEmpty();
    assertThat(either.compare(facts("evil", "quiet")))
        .extracting(Finding::code)
        .containsExactly(FindingCode.BOOT_BASELINE_MISMATCH);
    assertThat(either.describe()).contains("or sha256:" + LogBuilder.digestOf("next uki").hex());
  }

  @Test
  void givenABaselineOfSeveralThenAllOfItsBootsComeWithIt() {
    BootBaseline two = baseline("two", "second uki").or(baseline("three", "third uki"));
    BootBaseline all = baseline("rack7", "uki").or(two).or(two);
    for (String each : List.of("uki", "second uki", "third uki")) {
      assertThat(all.compare(facts(each, "quiet"))).as(each).isEmpty();
    }
    assertThat(all.alternatives().get(FactName.BOOT_APPLICATIONS)).hasSize(2);
    assertThat(all.compare(facts("evil", "quiet"))).isNotEmpty();
  }

  @Test
  void givenABaselineWithOtherRulesThenTheTwoAreNotMixed() {
    BootBaseline ruled = baseline("ruled", "uki").withRules(RULES);
    CommandLineRules others = new CommandLineRules(Set.of(), Set.of("debug"), List.of());
    BootBaseline next = baseline("next", "next uki");
    assertThat(ruled.or(next).compare(facts("next uki", "lockdown=confidentiality"))).isEmpty();
    assertThat(ruled.or(next).compare(facts("next uki", "quiet"))).isNotEmpty();
    assertThat(ruled.or(next.withRules(RULES)).commandLine()).isEqualTo(RULES);
    assertThatThrownBy(() -> ruled.or(next.withRules(others)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other rules");
    assertThatThrownBy(() -> baseline("own", "uki").or(next.withRules(RULES)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "root=*, root=/dev/vda, true",
    "root=*, noroot=/dev/vda, false",
    "*, anything, true",
    "a*b*c, a-b-b-c, true",
    "a*b*c, a-c-b, false",
    "ab*ba, aba, false",
    "quiet, quieter, false",
  })
  void aPatternIsTakenByTheLetterButForItsStars(String pattern, String word, boolean matches) {
    CommandLineRules rules = new CommandLineRules(Set.of(), Set.of(), List.of(pattern));
    assertThat(rules.flaws(KernelArguments.parse(word)).isEmpty()).isEqualTo(matches);
  }

  private static final CommandLineRules RULES =
      new CommandLineRules(
          Set.of("lockdown=confidentiality"),
          Set.of("debug", "iommu=pt", "init"),
          List.of("lockdown=*", "quiet", "root=/dev/vd*", "iommu=*", "init=*", "debug"));

  @ParameterizedTest
  @CsvSource({
    "lockdown=confidentiality quiet, true",
    "root=/dev/vda2 lockdown=confidentiality, true",
    "lockdown=confidentiality iommu=force, true",
    "quiet, false",
    "lockdown=integrity, false",
    "lockdown=confidentiality lockdown=none, false",
    "quiet -- lockdown=confidentiality, false",
    "lockdown=confidentiality debug, false",
    "lockdown=confidentiality iommu=pt, false",
    "lockdown=confidentiality -- init=/bin/sh, false",
    "lockdown=confidentiality root=/dev/sda2, false",
    "lockdown=confidentiality console=ttyS0, false",
  })
  void aLineHasToKeepToTheRules(String line, boolean keeps) {
    BootBaseline ruled = baseline("ruled", "uki").withRules(RULES);
    assertThat(ruled.compare(facts("uki", line)).isEmpty()).isEqualTo(keeps);
    assertThat(ruled.describe()).contains("with lockdown=confidentiality").contains("iommu=pt");
  }

  @Test
  void givenALineInsideTheImageThenItHasToBeTheOneThatTheKernelMeasured() {
    String line = "lockdown=confidentiality quiet";
    LogBuilder sealed = new LogBuilder().firmware(true).sealedImage("uki", line).exit();
    BootFacts facts = VerifierTest.facts(sealed.log());
    BootBaseline ruled = BootBaseline.capture("own", facts, CaptureLevel.BOOT).withRules(RULES);
    assertThat(ruled.compare(facts, Optional.of(line + "\n"))).isEmpty();
    assertThat(ruled.compare(facts, Optional.empty())).isNotEmpty();
    assertThat(ruled.compare(facts, Optional.of(line + " root=/dev/vda"))).isNotEmpty();
  }

  @Test
  void givenTheKernelsMeasurementCalledAFileOfGrubThenALaterLineIsStillNotBelieved() {
    LogBuilder sealed = new LogBuilder().firmware(true).sealedImage("uki", "quiet").exit();
    LogBuilder.Event own = sealed.events.get(sealed.find(9, EventType.EVENT_TAG));
    sealed.events.set(
        sealed.events.indexOf(own),
        own.relabelled(EventType.IPL).withData(Bytes.ofText("(hd0)/grub.cfg\0")));
    sealed.measured(12, EventType.IPL, LogBuilder.utf16("lockdown=confidentiality quiet\0"));
    BootFacts facts = VerifierTest.facts(sealed.log());
    BootBaseline keys = BootBaseline.capture("keys", facts, CaptureLevel.KEYS).withRules(RULES);
    assertThat(keys.compare(facts, Optional.of("lockdown=confidentiality quiet"))).isNotEmpty();
  }

  @Test
  void givenALineMeasuredBesideAWorseOneThenTheWorseOneCounts() {
    LogBuilder boot = boot("uki", "quiet");
    boot.measured(12, EventType.IPL, LogBuilder.utf16("lockdown=confidentiality\0"));
    BootBaseline ruled = baseline("ruled", "uki").withRules(RULES);
    assertThat(ruled.compare(VerifierTest.facts(boot.log()))).isNotEmpty();
  }

  @Test
  void rulesWithoutAnybodyWhoAnswersForTheImagesAreRefused() {
    assertThatThrownBy(() ->
            new BootBaseline(
                "x",
                TpmHash.SHA256,
                new TreeMap<>(Map.of(FactName.SECURE_BOOT, List.of(new FactValue("on", "")))),
                new TreeMap<>(),
                RULES))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
