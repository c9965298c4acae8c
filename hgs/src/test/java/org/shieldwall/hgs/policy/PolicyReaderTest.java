package org.shieldwall.hgs.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.LockdownMode;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.tpm.Bytes;

class PolicyReaderTest {
  private static final String DIGEST = "ab".repeat(32);
  private static final Map<String, Bytes> FILES =
      Map.of(
          "digests.txt", Bytes.ofText("# tools\nsha256:" + DIGEST + " # one\n\n"),
          "bad.txt", Bytes.ofText("sha256:" + DIGEST + "\nsha1:00\n"));

  private static PolicyDocument read(String text) throws HgsException {
    return PolicyReader.read("p.toml", text, PolicyFiles.of(FILES));
  }

  @Test
  void givenANameAndAVersionAlone_whenRead_thenEveryCheckIsAtItsDefault() throws Exception {
    PolicyDocument policy = read("name = \"compute\"\nversion = 3\n");
    assertThat(policy.name()).isEqualTo("compute");
    assertThat(policy.version()).isEqualTo(3);
    assertThat(policy.on()).isEqualTo(Check.defaults());
    assertThat(policy.baselines()).isEmpty();
    assertThat(policy.files()).isEmpty();
  }

  @Test
  void givenEveryKindOfKey_whenRead_thenEachIsTaken() throws Exception {
    PolicyDocument policy =
        read(
            """
            name = "compute"
            version = 3
            description = "what compute nodes must prove"
            [checks.secure-boot]
            enabled = true
            [checks.no-uefi-debug]
            enabled = false
            [checks.kernel-lockdown]
            enabled = true
            mode = "integrity"
            [checks.boot-baseline]
            enabled = true
            any-of = ["rack7", "rack7-new"]
            [checks.code-integrity]
            enabled = true
            allow = "digests.txt"
            refuse-violations = false
            [checks.no-dumps-or-encrypted]
            enabled = true
            keys = ["sha256:%s"]
            [checks.ptrace-restricted]
            enabled = true
            scope = 2
            """
                .formatted(DIGEST));
    assertThat(policy.on())
        .contains(Check.KERNEL_LOCKDOWN, Check.CODE_INTEGRITY, Check.PTRACE_RESTRICTED)
        .doesNotContain(Check.NO_UEFI_DEBUG, Check.IOMMU);
    assertThat(policy.baselines()).contains(List.of("rack7", "rack7-new"));
    assertThat(policy.settings().lockdown()).isEqualTo(LockdownMode.INTEGRITY);
    assertThat(policy.settings().ptraceScope()).isEqualTo(2);
    assertThat(policy.settings().dumpKeys()).containsExactly(Bytes.ofHex(DIGEST));
    var ima = policy.settings().codeIntegrity().ima().orElseThrow();
    assertThat(ima.allowed()).containsExactly(Bytes.ofHex(DIGEST));
    assertThat(ima.refuseViolations()).isFalse();
    assertThat(ima.requireBootAggregate()).isTrue();
    assertThat(policy.files()).containsOnlyKeys("digests.txt");
    assertThat(policy.missing(Map.of("rack7", true))).containsExactly("rack7-new");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "name = 'p'|line 1, column 1|'version' is missing",
        "version = 1|line 1, column 1|'name' is missing",
        "name = 'p'@version = 0|line 2, column 1|from 1 to",
        "name = 'p'@version = '1'|line 2, column 1|must be a number",
        "name = 'a b'@version = 1|line 1, column 1|a name has letters",
        "name = 'p'@version = 1@verison = 2|line 3, column 1|unknown key 'verison'",
        "name = 'p'@version = 1@checks = 3|line 3, column 1|write [checks]",
        "name = 'p'@version = 1@[checks]@secure-boot = true|line 4, column 1|write [checks.secure-boot]",
        "name = 'p'@version = 1@[checks.secureboot]@enabled = true|line 3, column 1|unknown check",
        "name = 'p'@version = 1@[checks.quote]@enabled = false|line 3, column 1|always checked",
        "name = 'p'@version = 1@[checks.secure-boot]|line 3, column 1|'enabled' is missing",
        "name = 'p'@version = 1@[checks.secure-boot]@enabled = 'yes'|line 4, column 1|true or false",
        "name = 'p'@version = 1@[checks.secure-boot]@enabled = true@mode = 'x'|line 5, column 1|unknown key 'mode'",
        "name = 'p'@version = 1@[checks.kernel-lockdown]@enabled = true@mode = 'full'|line 5, column 1|confidentiality",
        "name = 'p'@version = 1@[checks.boot-baseline]@enabled = true@any-of = []|line 5, column 1|at least one",
        "name = 'p'@version = 1@[checks.boot-baseline]@enabled = true@any-of = ['a', 3]|line 5, column 16|list of texts",
        "name = 'p'@version = 1@[checks.code-integrity]@enabled = true@allow = 'none.txt'|line 5, column 1|there is no file",
        "name = 'p'@version = 1@[checks.code-integrity]@enabled = true@allow = 'bad.txt'|line 5, column 1|line 2",
        "name = 'p'@version = 1@[checks.ptrace-restricted]@enabled = true@scope = 4|line 5, column 1|from 1 to 3",
        "name = 'p'@version = 1@[checks.no-dumps-or-encrypted]@enabled = true@keys = ['md5:00']|line 5, column 1|sha256:HEX",
        "name = 'p|line 1, column|",
      })
  void givenAMistake_whenRead_thenItsPlaceIsNamed(String text, String place, String what) {
    assertThatThrownBy(() -> read(text.replace('@', '\n')))
        .isInstanceOf(HgsException.class)
        .hasMessageContaining("p.toml " + place)
        .hasMessageContaining(what == null ? "" : what);
  }

  @Test
  void givenAnotherWordOrFile_whenDigested_thenTheDigestIsAnother() throws Exception {
    String text = "name = \"p\"\nversion = 1\n";
    String named = text + "[checks.code-integrity]\nenabled = true\nallow = \"digests.txt\"\n";
    assertThat(read(text).digest()).isEqualTo(read(text).digest());
    assertThat(read(text).digest()).isNotEqualTo(read(text + "# more\n").digest());
    PolicyDocument other =
        PolicyReader.read(
            "p.toml",
            named,
            PolicyFiles.of(Map.of("digests.txt", Bytes.ofText("sha256:" + "cd".repeat(32)))));
    assertThat(read(named).digest()).isNotEqualTo(other.digest());
  }

  @Test
  void givenAFolder_whenItsFilesAreAsked_thenNoneOfAnotherKindIsRead(@TempDir Path folder)
      throws Exception {
    Files.writeString(folder.resolve("list"), "x");
    PolicyFiles files = PolicyFiles.in(folder);
    assertThat(files.read("list")).isEqualTo(Optional.of(Bytes.ofText("x")));
    assertThat(files.read("none")).isEmpty();
    assertThat(files.read(".")).isEmpty();
  }
}
