package org.shieldwall.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/** What ran: by digest, by signer, excluded; and a list that goes on from where it was accepted. */
class ImaRulesTest {
  private static final Bytes PROGRAM = LogBuilder.digestOf("an accepted program");
  private static final KeyPair RSA = keys("RSA", 2048);
  static final KeyPair EC = keys("EC", 256);
  static final KeyPair STRANGER = keys("EC", 256);
  private static final CheckedHost HOST = CheckedHost.sealed("quiet");

  private static KeyPair keys(String algorithm, int size) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(size);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As evmctl signs: over the file's SHA-256, with the kernel's header before it. */
  static Bytes signature(KeyPair by, String content) {
    try {
      boolean rsa = by.getPrivate().getAlgorithm().equals("RSA");
      Signature signer = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA");
      signer.initSign(by.getPrivate());
      signer.update(content.getBytes(StandardCharsets.UTF_8));
      Bytes raw = Bytes.of(signer.sign());
      return new ByteWriter().u8(3).u8(2).u8(4).u32(0xCAFE).sized(raw).toBytes();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static AttestationPolicy policy(ImaPolicy rules) {
    AttestationPolicy policy = HOST.policy(Check.CODE_INTEGRITY);
    return policy.with(policy.settings().withCodeIntegrity(CodeIntegrityRules.of(rules)));
  }

  private static Bytes aggregate() {
    PcrValues values = HOST.boot().pcrs();
    return TpmHash.SHA256.hash(
        Stream.iterate(0, pcr -> pcr < 10, pcr -> pcr + 1)
            .map(pcr -> values.value(TpmHash.SHA256, pcr).orElseThrow())
            .toArray(Bytes[]::new));
  }

  static ImaListBuilder list() {
    return new ImaListBuilder().file("boot_aggregate", aggregate());
  }

  static Appraisal appraise(ImaPolicy rules, Bytes pcr10, Bytes sent, Optional<ImaResume> from) {
    AttestationPolicy policy = policy(rules);
    Map<Integer, Bytes> values = new TreeMap<>(HOST.boot().pcrs().banks().get(TpmHash.SHA256));
    values.put(15, TpmHash.SHA256.extend(Bytes.zeros(32), CheckedHost.ENCLAVE));
    values.put(10, pcr10);
    values.keySet().retainAll(policy.pcrs());
    PcrValues quoted = PcrValues.of(TpmHash.SHA256, values);
    Bytes attest = CheckedHost.TPM.quote(CheckedHost.EXTRA_DATA, policy.selection(), quoted);
    UntrustedEvidence evidence =
        new UntrustedEvidence(
            attest,
            CheckedHost.TPM.sign(attest),
            CheckedHost.TPM.attestationKey(),
            quoted,
            Optional.of(HOST.boot().log()),
            Optional.of(sent));
    Challenge challenge =
        new Challenge(
            Optional.of("rack1-host7"), CheckedHost.EXTRA_DATA, CheckedHost.ENCLAVE, from);
    return Verifier.appraise(policy, evidence, challenge);
  }

  static List<FindingCode> codes(Appraisal appraisal) {
    return appraisal.verdict() instanceof Verdict.Refused refused
        ? refused.findings().stream().map(Finding::code).toList()
        : List.of();
  }

  static List<FindingCode> codes(ImaPolicy rules, ImaListBuilder list) {
    return codes(appraise(rules, list.sha256(), list.binary(), Optional.empty()));
  }

  static ImaPolicy signedBy(KeyPair key) {
    return new ImaPolicy(
        Set.of(),
        List.of(new SignedPath("/usr/", key.getPublic(), "the distribution")),
        List.of(),
        true,
        true);
  }

  static ImaListBuilder signed(String path, String content, Bytes signature) {
    return list().entry("ima-sig", path, LogBuilder.digestOf(content), List.of(signature));
  }

  @Test
  void givenAFileSignedByTheSignerOfItsPathThenItIsAllowed() {
    for (KeyPair key : List.of(RSA, EC)) {
      assertThat(codes(signedBy(key), signed("/usr/bin/ls", "ls", signature(key, "ls"))))
          .as(key.getPrivate().getAlgorithm())
          .isEmpty();
    }
  }

  @Test
  void givenASignatureOfAnotherKeyOrFileOrPathThenItIsNot() {
    assertThat(codes(signedBy(EC), signed("/usr/bin/ls", "ls", signature(STRANGER, "ls"))))
        .containsExactly(FindingCode.IMA_SIGNATURE_INVALID);
    assertThat(codes(signedBy(RSA), signed("/usr/bin/ls", "ls", signature(RSA, "another file"))))
        .containsExactly(FindingCode.IMA_SIGNATURE_INVALID);
    assertThat(codes(signedBy(EC), signed("/tmp/ls", "ls", signature(EC, "ls"))))
        .containsExactly(FindingCode.IMA_NOT_ALLOWED);
    assertThat(codes(signedBy(EC), signed("/usr/bin/ls", "ls", Bytes.EMPTY)))
        .containsExactly(FindingCode.IMA_NOT_ALLOWED);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 7, 8, 20})
  void givenAnyPartOfASignatureChangedThenItCountsForNothing(int at) {
    byte[] bytes = signature(RSA, "ls").toArray();
    bytes[at] ^= 1;
    assertThat(codes(signedBy(RSA), signed("/usr/bin/ls", "ls", Bytes.of(bytes))))
        .containsExactly(FindingCode.IMA_SIGNATURE_INVALID);
  }

  @Test
  void givenAnExcludedPathThenItAndNothingElseIsPassedOver() {
    ImaPolicy rules =
        new ImaPolicy(
            Set.of(PROGRAM), List.of(), List.of("/var/lib/", ".ima", "/etc/one"), true, true);
    assertThat(
            codes(
                rules,
                list()
                    .file("/bin/accepted", PROGRAM)
                    .file("/var/lib/x/y", LogBuilder.digestOf("anything"))
                    .file("/etc/one", LogBuilder.digestOf("a setting"))
                    .entry("ima-buf", ".ima", LogBuilder.digestOf("key"), List.of(Bytes.zeros(9)))))
        .isEmpty();
    for (String path : List.of("/var/library", "/etc/one2", "/x/var/lib/y", ".ima2")) {
      assertThat(codes(rules, list().file(path, LogBuilder.digestOf("anything"))))
          .as(path)
          .containsExactly(FindingCode.IMA_NOT_ALLOWED);
    }
    assertThat(codes(rules, list().violation("/var/lib/x")))
        .as("nothing proves the name of a violation")
        .containsExactly(FindingCode.IMA_VIOLATION);
    assertThatThrownBy(() -> new ImaPolicy(Set.of(), List.of(), List.of("/"), true, true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static final ImaPolicy STRICT = ImaPolicy.strict(Set.of(PROGRAM));

  private static ImaListBuilder accepted() {
    return list().file("/bin/accepted", PROGRAM);
  }

  private static Bytes since(ImaListBuilder whole, ImaListBuilder before) {
    return whole.binary().slice(before.binary().length(), whole.binary().length());
  }

  private static ImaResume resumed() {
    ImaListBuilder before = accepted();
    return appraise(STRICT, before.sha256(), before.binary(), Optional.empty())
        .imaResume()
        .orElseThrow();
  }

  @Test
  void givenAnAcceptedBeginningThenOnlyWhatCameSinceIsSent() {
    assertThat(resumed()).isEqualTo(new ImaResume(2, accepted().sha256(), 7));
    ImaListBuilder whole = accepted().file("/bin/again", PROGRAM);
    Appraisal later =
        appraise(STRICT, whole.sha256(), since(whole, accepted()), Optional.of(resumed()));
    assertThat(codes(later)).isEmpty();
    assertThat(((Verdict.Healthy) later.verdict()).claims().imaEntries()).isEqualTo(3);
    assertThat(later.imaResume()).contains(new ImaResume(3, whole.sha256(), 7));
    Appraisal nothingNew =
        appraise(STRICT, accepted().sha256(), Bytes.EMPTY, Optional.of(resumed()));
    assertThat(codes(nothingNew)).isEmpty();
    assertThat(nothingNew.imaResume()).contains(resumed());
  }

  @Test
  void givenSomethingThatRanSinceThenItIsNamedByItsPlaceInTheWholeList() {
    ImaListBuilder whole = accepted().file("/bin/evil", LogBuilder.digestOf("evil"));
    Appraisal later =
        appraise(STRICT, whole.sha256(), since(whole, accepted()), Optional.of(resumed()));
    assertThat(codes(later)).containsExactly(FindingCode.IMA_NOT_ALLOWED);
    assertThat(later.result(Check.CODE_INTEGRITY).findings().getFirst().detail())
        .contains("entry 2, /bin/evil");
    assertThat(later.imaResume()).isEmpty();
  }

  @Test
  void givenEntriesLeftOutSinceThenTheListDoesNotLeadToPcr10() {
    ImaListBuilder whole =
        accepted().file("/bin/evil", LogBuilder.digestOf("evil")).file("/bin/again", PROGRAM);
    Bytes withoutEvil = list().file("/bin/again", PROGRAM).binary();
    Bytes sent = withoutEvil.slice(list().binary().length(), withoutEvil.length());
    assertThat(codes(appraise(STRICT, whole.sha256(), sent, Optional.of(resumed()))))
        .containsExactly(FindingCode.IMA_REPLAY_MISMATCH);
    assertThat(codes(appraise(STRICT, whole.sha256(), whole.binary(), Optional.of(resumed()))))
        .as("the whole list where the rest was asked for")
        .containsExactly(FindingCode.IMA_REPLAY_MISMATCH);
  }

  @Test
  void givenAnotherBootThenNothingAcceptedBeforeCounts() {
    ImaResume stale = new ImaResume(2, accepted().sha256(), 6);
    assertThat(codes(appraise(STRICT, accepted().sha256(), Bytes.EMPTY, Optional.of(stale))))
        .containsExactly(FindingCode.IMA_OFFSET_STALE);
  }

  @Test
  void givenAHundredThousandEntriesThenEachIsJudged() {
    ImaListBuilder list = list();
    for (int i = 0; i < 100_000; i++) {
      list.file("/bin/accepted" + i, PROGRAM);
    }
    Appraisal appraisal = appraise(STRICT, list.sha256(), list.binary(), Optional.empty());
    assertThat(codes(appraisal)).isEmpty();
    assertThat(appraisal.imaResume().orElseThrow().entries()).isEqualTo(100_001);
    list.file("/bin/evil", LogBuilder.digestOf("evil"));
    assertThat(codes(appraise(STRICT, list.sha256(), list.binary(), Optional.empty())))
        .containsExactly(FindingCode.IMA_NOT_ALLOWED);
  }

  @Test
  void givenAKernelThatMeasuresNothingThenAnEmptyListShowsNothing() {
    ImaPolicy lax = new ImaPolicy(Set.of(PROGRAM), true, false);
    ImaPolicy strict = ImaPolicy.strict(Set.of(PROGRAM));
    for (ImaPolicy rules : List.of(lax, strict)) {
      assertThat(codes(rules, list())).containsExactly(FindingCode.IMA_MEASURES_NOTHING);
      assertThat(codes(rules, list().file("/init", PROGRAM))).isEmpty();
    }
    assertThat(codes(appraise(lax, Bytes.zeros(32), Bytes.EMPTY, Optional.empty())))
        .as("IMA off: PCR 10 is as it was at power-on")
        .containsExactly(FindingCode.IMA_MEASURES_NOTHING);
  }

  @Test
  void givenNoBootAggregateAskedForThenTheFirstEntryIsJudgedLikeAnyOther() {
    ImaPolicy lax = new ImaPolicy(Set.of(PROGRAM), true, false);
    ImaListBuilder list =
        new ImaListBuilder()
            .file("/tmp/evil", LogBuilder.digestOf("a stranger"))
            .file("/init", PROGRAM);
    assertThat(codes(lax, list)).containsExactly(FindingCode.IMA_NOT_ALLOWED);
  }
}
