package org.shieldwall.tpm;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.PublicKey;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Quotes that real TPMs made, and what becomes of them when one byte is changed. */
class GenuineQuotesTest {
  @Test
  void givenAnAzureVtpmsQuoteThenSignatureNonceAndDigestHold() throws Exception {
    TpmAttest attest = TpmAttest.parse(Vectors.bytes("quotes/azure-vtpm/quote.attest"));
    PublicKey key = PemPublicKey.parse(Vectors.bytes("quotes/azure-vtpm/ak.pem"));
    TpmSignature signature =
        TpmSignature.ofRaw(
            key,
            TpmAlgorithm.RSASSA,
            TpmHash.SHA256,
            Vectors.bytes("quotes/azure-vtpm/quote.signature.raw"));
    Map<Integer, Bytes> values = new TreeMap<>();
    Vectors.json("quotes/azure-vtpm/pcrs.json")
        .get("sha256")
        .properties()
        .forEach(each ->
            values.put(Integer.valueOf(each.getKey()), Bytes.ofHex(each.getValue().asString())));

    assertThat(signature.verify(key, attest.raw())).isTrue();
    assertThat(attest.extraData()).isEqualTo(Bytes.ofText("challenge"));
    assertThat(attest.attested())
        .isInstanceOfSatisfying(
            TpmAttest.Quote.class,
            quote ->
                assertThat(
                        PcrValues.of(TpmHash.SHA256, values)
                            .digest(TpmHash.SHA256, quote.selection()))
                    .contains(quote.pcrDigest()));
  }

  @Test
  void givenAnAzureVtpmsQuoteWhenAnyOneByteIsChangedThenItDoesNotVerify() throws Exception {
    byte[] genuine = Vectors.bytes("quotes/azure-vtpm/quote.attest");
    PublicKey key = PemPublicKey.parse(Vectors.bytes("quotes/azure-vtpm/ak.pem"));
    TpmSignature signature =
        TpmSignature.ofRaw(
            key,
            TpmAlgorithm.RSASSA,
            TpmHash.SHA256,
            Vectors.bytes("quotes/azure-vtpm/quote.signature.raw"));
    for (int at = 0; at < genuine.length; at++) {
      byte[] altered = genuine.clone();
      altered[at] ^= 1;
      assertThat(signature.verify(key, Bytes.of(altered))).as("byte %d", at).isFalse();
    }
  }

  @Test
  void givenAWindowsMachinesSha1QuoteThenSignatureAndDigestHold() throws Exception {
    JsonNode sample = Vectors.json("quotes/windows_gcp_shielded_vm.json").get("Static");
    JsonNode root = sample.has("AK") ? sample : Vectors.json("quotes/windows_gcp_shielded_vm.json");
    TpmPublic ak = TpmPublic.parse(base64(root.get("AK").get("Public")));
    TpmAttest attest = TpmAttest.parse(base64(root.get("Quote").get("Quote")));
    TpmSignature signature = TpmSignature.parse(base64(root.get("Quote").get("Signature")));
    Map<Integer, Bytes> values = new TreeMap<>();
    root.get("Log")
        .get("PCRs")
        .forEach(
            each -> values.put(each.get("Index").asInt(), Bytes.of(base64(each.get("Digest")))));

    assertThat(signature.hash()).isEqualTo(TpmHash.SHA1);
    assertThat(signature.verify(ak.publicKey(), attest.raw())).isTrue();
    assertThat(attest.extraData()).isEqualTo(Bytes.EMPTY);
    assertThat(((TpmAttest.Quote) attest.attested()).pcrDigest())
        .isEqualTo(
            PcrValues.of(TpmHash.SHA1, values)
                .digest(signature.hash(), ((TpmAttest.Quote) attest.attested()).selection())
                .orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {"100", "1000", "5000", "20000"})
  void givenASwtpmQuoteThenSignatureAndNonceHold(String size) throws Exception {
    TpmPublic ak = TpmPublic.parseSized(Vectors.bytes("bench/" + size + "/ak.tpm2b_public"));
    TpmAttest attest = TpmAttest.parse(Vectors.bytes("bench/" + size + "/quote.attest"));
    TpmSignature signature =
        TpmSignature.parse(Vectors.bytes("bench/" + size + "/quote.signature"));

    assertThat(signature.verify(ak.publicKey(), attest.raw())).isTrue();
    assertThat(attest.extraData()).isEqualTo(Bytes.of(Vectors.bytes("bench/nonce.txt")));
    assertThat(attest.clock().safe()).isTrue();
    assertThat(((TpmAttest.Quote) attest.attested()).selection())
        .hasToString("sha256:0,1,2,3,4,5,6,7,8,9,10,14");
  }

  private static byte[] base64(JsonNode node) {
    return Base64.getDecoder().decode(node.asString());
  }
}
