package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.HGS;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.STRANGER;
import static org.shieldwall.protector.Parties.refused;
import static org.shieldwall.protector.Parties.tree;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObjectJSON;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPrivateKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

class JwsTest {
  private static final String TYPE = "shieldwall-test-1";
  private static final String PAYLOAD = "{\"format\":\"shieldwall-test-1\",\"n\":1}";

  private final ObjectNode genuine =
      Jws.sign(TYPE, tree(PAYLOAD.getBytes(StandardCharsets.UTF_8)), HGS.keys(), RANDOM).toJson();

  @Test
  void nimbusVerifiesOurs() throws Exception {
    JWSObjectJSON jws =
        JWSObjectJSON.parse(new String(Json.bytes(genuine), StandardCharsets.UTF_8));
    assertThat(
            jws.getSignatures()
                .getFirst()
                .verify(new ECDSAVerifier(HGS.guardian().keys().signing())))
        .isTrue();
  }

  @Test
  void oursVerifiesNimbuses() throws Exception {
    JWSObjectJSON jws = new JWSObjectJSON(new Payload(PAYLOAD));
    jws.sign(
        new JWSHeader.Builder(JWSAlgorithm.ES384).type(new JOSEObjectType(TYPE)).build(),
        new ECDSASigner((ECPrivateKey) HGS.keys().signing()));
    Jws read = read(tree(jws.serializeFlattened().getBytes(StandardCharsets.UTF_8)));

    read.verify(HGS.guardian().keys().signing());
    assertThat(read.untrustedPayload().at("n").number(0, 9)).isEqualTo(1);
    assertThat(read.digest()).isEqualTo(Digest.of(PAYLOAD.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void guardiansDocumentIsReadByNimbus() throws Exception {
    JWSObjectJSON jws =
        JWSObjectJSON.parse(new String(HGS.guardian().toBytes(), StandardCharsets.UTF_8));
    assertThat(
            jws.getSignatures()
                .getFirst()
                .verify(new ECDSAVerifier(HGS.guardian().keys().signing())))
        .isTrue();
  }

  @Test
  void anotherKey() throws Exception {
    Jws read = read(genuine);
    refused(Code.FOREIGN_SIGNATURE, () -> read.verify(STRANGER.guardian().keys().signing()));
  }

  @Test
  void everyPartIsSigned() throws Exception {
    ObjectNode payload = genuine.deepCopy();
    payload.put("payload", B64u.encode("{}".getBytes(StandardCharsets.UTF_8)));
    Jws altered = read(payload);
    refused(Code.FOREIGN_SIGNATURE, () -> altered.verify(HGS.guardian().keys().signing()));

    // The same header in other bytes: what is signed are the bytes.
    ObjectNode header = genuine.deepCopy();
    header.put(
        "protected",
        B64u.encode(
            "{ \"alg\":\"ES384\",\"typ\":\"shieldwall-test-1\"}".getBytes(StandardCharsets.UTF_8)));
    Jws spaced = read(header);
    refused(Code.FOREIGN_SIGNATURE, () -> spaced.verify(HGS.guardian().keys().signing()));
  }

  @Test
  void signatureInDerOrOfAnotherLength() throws Exception {
    for (int length : List.of(1, 95, 97, 104, 192)) {
      Jws read = read(genuine.deepCopy().put("signature", B64u.encode(new byte[length])));
      refused(Code.FOREIGN_SIGNATURE, () -> read.verify(HGS.guardian().keys().signing()));
    }
    refused(
        Code.MALFORMED,
        () -> read(genuine.deepCopy().put("signature", B64u.encode(new byte[193]))));
  }

  @Test
  void otherAlgorithms() throws Exception {
    for (String alg : List.of("none", "ES256", "ES512", "HS384", "RS256", "es384")) {
      refused(Code.WRONG_ALGORITHM, () -> read(withHeader("{\"alg\":\"%s\"}".formatted(alg))));
    }
    // The classic confusion: HMAC under the public key.
    JWSObjectJSON jws = new JWSObjectJSON(new Payload(PAYLOAD));
    jws.sign(
        new JWSHeader.Builder(JWSAlgorithm.HS384).type(new JOSEObjectType(TYPE)).build(),
        new MACSigner(HGS.guardian().keys().signing().getEncoded()));
    refused(
        Code.WRONG_ALGORITHM,
        () -> read(tree(jws.serializeFlattened().getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void otherTypes() {
    refused(
        Code.UNKNOWN_FORMAT,
        () -> read(withHeader("{\"alg\":\"ES384\",\"typ\":\"shieldwall-test-2\"}")));
    refused(Code.MALFORMED, () -> read(withHeader("{\"alg\":\"ES384\"}")));
  }

  @Test
  void otherHeaderMembers() {
    for (String more :
        List.of(
            "\"crit\":[\"b64\"]",
            "\"b64\":false",
            "\"kid\":\"x\"",
            "\"jwk\":{}",
            "\"x5u\":\"https://example.org\"",
            "\"alg\":\"none\"")) {
      String header = "{\"alg\":\"ES384\",\"typ\":\"" + TYPE + "\"," + more + "}";
      refused(Code.MALFORMED, () -> read(withHeader(header)));
    }
  }

  @Test
  void otherMembersBesideTheThree() {
    refused(Code.MALFORMED, () -> read(genuine.deepCopy().put("header", "x")));
    ObjectNode general = genuine.deepCopy();
    general.putArray("signatures");
    refused(Code.MALFORMED, () -> read(general));
    ObjectNode unsigned = genuine.deepCopy();
    unsigned.remove("signature");
    refused(Code.MISSING_SIGNATURE, () -> read(unsigned));
  }

  @Test
  void payloadThatSaysItIsAnotherFormat() throws Exception {
    Jws read =
        read(
            Jws.sign(TYPE, Json.object().put("format", "shieldwall-grant-1"), HGS.keys(), RANDOM)
                .toJson());
    refused(Code.UNKNOWN_FORMAT, read::untrustedPayload);
  }

  private ObjectNode withHeader(String header) {
    return genuine
        .deepCopy()
        .put("protected", B64u.encode(header.getBytes(StandardCharsets.UTF_8)));
  }

  private static Jws read(ObjectNode json) throws ProtectorException {
    return Jws.untrusted(Json.parse(Json.bytes(json), "test", 10_000), TYPE, 1000);
  }
}
