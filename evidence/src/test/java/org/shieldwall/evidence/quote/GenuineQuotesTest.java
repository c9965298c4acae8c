package org.shieldwall.evidence.quote;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shieldwall.evidence.AttestationKey;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.Vectors;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.PemPublicKey;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmSignature;
import tools.jackson.databind.JsonNode;

/** Quotes by TPMs of two clouds and of swtpm, and the same with one thing altered. */
class GenuineQuotesTest {
  private static final QuoteExpectations CHALLENGE =
      new QuoteExpectations(
          Optional.of(Bytes.ofText("challenge")), TpmHash.SHA256, Set.of(0, 7, 15), false);

  private static PublicKey azureKey() throws MalformedException {
    return PemPublicKey.parse(Vectors.bytes("quotes/azure-vtpm/ak.pem"));
  }

  private static PcrValues azurePcrs() {
    Map<Integer, Bytes> values = new TreeMap<>();
    Vectors.json("quotes/azure-vtpm/pcrs.json")
        .get("sha256")
        .properties()
        .forEach(each ->
            values.put(Integer.parseInt(each.getKey()), Bytes.ofHex(each.getValue().asString())));
    return PcrValues.of(TpmHash.SHA256, values);
  }

  private static UntrustedQuote azure() throws MalformedException {
    return new UntrustedQuote(
        Bytes.of(Vectors.bytes("quotes/azure-vtpm/quote.attest")),
        TpmSignature.ofRaw(
            azureKey(),
            TpmAlgorithm.RSASSA,
            TpmHash.SHA256,
            Vectors.bytes("quotes/azure-vtpm/quote.signature.raw")),
        Optional.of(azurePcrs()));
  }

  private static List<FindingCode> codes(QuoteAppraisal appraisal) {
    return appraisal.findings().stream().map(Finding::code).toList();
  }

  @Test
  void aVtpmsQuoteIsVerifiedAndProvesItsValues() throws MalformedException {
    QuoteAppraisal appraisal = QuoteCheck.appraise(azure(), azureKey(), CHALLENGE);
    assertThat(appraisal.findings()).isEmpty();
    assertThat(appraisal.proven()).contains(azurePcrs());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Challenge", "challenge ", "challeng"})
  void anyOtherNonceIsRefused(String nonce) throws MalformedException {
    QuoteExpectations other =
        new QuoteExpectations(Optional.of(Bytes.ofText(nonce)), TpmHash.SHA256, Set.of(), false);
    assertThat(codes(QuoteCheck.appraise(azure(), azureKey(), other)))
        .containsExactly(FindingCode.QUOTE_NONCE_MISMATCH);
  }

  @Test
  void anyByteChangedIsRefused() throws MalformedException {
    UntrustedQuote good = azure();
    for (int i = 0; i < good.attest().length(); i++) {
      byte[] altered = good.attest().toArray();
      altered[i] ^= 1;
      UntrustedQuote bad = new UntrustedQuote(Bytes.of(altered), good.signature(), good.pcrs());
      assertThat(codes(QuoteCheck.appraise(bad, azureKey(), CHALLENGE)))
          .as("byte %d", i)
          .contains(FindingCode.QUOTE_SIGNATURE_INVALID);
    }
  }

  @Test
  void anyByteOfTheSignatureChangedIsRefused() throws MalformedException {
    byte[] raw = Vectors.bytes("quotes/azure-vtpm/quote.signature.raw");
    for (int i = 0; i < raw.length; i++) {
      byte[] altered = raw.clone();
      altered[i] ^= 1;
      UntrustedQuote bad =
          new UntrustedQuote(
              azure().attest(),
              TpmSignature.ofRaw(azureKey(), TpmAlgorithm.RSASSA, TpmHash.SHA256, altered),
              Optional.empty());
      assertThat(codes(QuoteCheck.appraise(bad, azureKey(), CHALLENGE)))
          .containsExactly(FindingCode.QUOTE_SIGNATURE_INVALID);
    }
  }

  @Test
  void valuesThatAreAbsentAreNotProven() throws MalformedException {
    UntrustedQuote without =
        new UntrustedQuote(azure().attest(), azure().signature(), Optional.empty());
    QuoteAppraisal appraisal = QuoteCheck.appraise(without, azureKey(), CHALLENGE);
    assertThat(appraisal.isGood()).isTrue();
    assertThat(appraisal.proven()).isEmpty();
  }

  @Test
  void aBankThatWasNotQuotedIsMissing() throws MalformedException {
    QuoteExpectations sha384 =
        new QuoteExpectations(Optional.empty(), TpmHash.SHA384, Set.of(0), false);
    assertThat(codes(QuoteCheck.appraise(azure(), azureKey(), sha384)))
        .containsExactly(FindingCode.PCR_NOT_QUOTED);
  }

  @Test
  void aWindowsHostsSha1QuoteHoldsOnlyWhereSha1IsAccepted() throws MalformedException {
    JsonNode dump = Vectors.json("quotes/windows_gcp_shielded_vm.json");
    TpmPublic area = TpmPublic.parse(base64(dump.at("/AK/Public")));
    Map<Integer, Bytes> values = new TreeMap<>();
    for (JsonNode pcr : dump.at("/Log/PCRs")) {
      values.put(pcr.get("Index").asInt(), Bytes.of(base64(pcr.get("Digest"))));
    }
    UntrustedQuote quote =
        new UntrustedQuote(
            Bytes.of(base64(dump.at("/Quote/Quote"))),
            TpmSignature.parse(base64(dump.at("/Quote/Signature"))),
            Optional.of(PcrValues.of(TpmHash.SHA1, values)));
    QuoteExpectations strict =
        new QuoteExpectations(Optional.of(Bytes.EMPTY), TpmHash.SHA1, Set.of(7), false);
    assertThat(codes(QuoteCheck.appraise(quote, area.publicKey(), strict)))
        .containsExactly(FindingCode.QUOTE_SIGNATURE_WEAK);
    QuoteExpectations relaxed =
        new QuoteExpectations(Optional.of(Bytes.EMPTY), TpmHash.SHA1, Set.of(7), true);
    PcrValues proven = QuoteCheck.appraise(quote, area.publicKey(), relaxed).proven().orElseThrow();
    assertThat(AttestationKey.check(area, false)).isNotEmpty();
    assertThat(AttestationKey.check(area, true)).isEmpty();
    UntrustedEventLog log = UntrustedEventLog.parse(base64(dump.at("/Log/Raw")), LogLimits.DEFAULT);
    Replay.replay(log, TpmHash.SHA1)
        .banks()
        .get(TpmHash.SHA1)
        .forEach((pcr, value) -> assertThat(proven.value(TpmHash.SHA1, pcr)).contains(value));
  }

  @Test
  void aTpm12QuoteIsRefusedByName() throws MalformedException {
    JsonNode dump = Vectors.json("eventlogs/go-attestation/linux_tpm12.json");
    UntrustedQuote old =
        new UntrustedQuote(
            Bytes.of(base64(dump.at("/Quote/Quote"))), azure().signature(), Optional.empty());
    assertThat(codes(QuoteCheck.appraise(old, azureKey(), CHALLENGE)))
        .containsExactly(FindingCode.QUOTE_TPM12);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 1000, 5000, 20000})
  void oneHostsQuoteCoversItsLogAndItsImaList(int entries) throws MalformedException {
    String folder = "bench/" + entries + "/";
    TpmPublic area = TpmPublic.parseSized(Vectors.bytes(folder + "ak.tpm2b_public"));
    assertThat(AttestationKey.check(area, false)).isEmpty();
    UntrustedEventLog log =
        UntrustedEventLog.parse(Vectors.bytes("bench/eventlog.bin"), LogLimits.DEFAULT);
    Map<Integer, Bytes> values =
        new TreeMap<>(Replay.replay(log, TpmHash.SHA256).banks().get(TpmHash.SHA256));
    values.put(10, Bytes.ofHex(text(folder + "pcr10.sha256")));
    UntrustedQuote quote =
        new UntrustedQuote(
            Bytes.of(Vectors.bytes(folder + "quote.attest")),
            TpmSignature.parse(Vectors.bytes(folder + "quote.signature")),
            Optional.of(PcrValues.of(TpmHash.SHA256, values)));
    QuoteExpectations expected =
        new QuoteExpectations(
            Optional.of(Bytes.ofText(text("bench/nonce.txt"))),
            TpmHash.SHA256,
            Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14),
            false);
    assertThat(QuoteCheck.appraise(quote, area.publicKey(), expected).findings()).isEmpty();
  }

  private static String text(String path) {
    return new String(Vectors.bytes(path), StandardCharsets.US_ASCII).strip();
  }

  private static byte[] base64(JsonNode node) {
    return Base64.getDecoder().decode(node.asString());
  }
}
