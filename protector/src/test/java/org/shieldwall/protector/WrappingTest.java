package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.ARENA;
import static org.shieldwall.protector.Parties.GRANT;
import static org.shieldwall.protector.Parties.HGS;
import static org.shieldwall.protector.Parties.OTHER_HGS;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.VM;
import static org.shieldwall.protector.Parties.object;
import static org.shieldwall.protector.Parties.refused;
import static org.shieldwall.protector.Parties.tree;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.JWEObjectJSON;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.crypto.ECDHEncrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPrivateKey;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.WrappingContext.Purpose;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class WrappingTest {
  private static final WrappingContext CONTEXT =
      new WrappingContext(
          Purpose.TRANSPORT_KEY, GRANT.digest(), Optional.of(VM), 7, HGS.guardian().id());

  private final SecretBytes secret = SecretBytes.random(ARENA, 32, RANDOM);
  private final ObjectNode genuine =
      Wrapping.seal(secret, CONTEXT, HGS.guardian().keys(), RANDOM, ARENA).toJson();

  @Test
  void holderOpensIt() throws Exception {
    try (SecretBytes opened = open(genuine)) {
      assertThat(opened.sameAs(secret)).isTrue();
    }
  }

  @Test
  void contextIsTheTextOfTheFormat() {
    assertThat(CONTEXT.text())
        .isEqualTo(
            "shieldwall 1 transport-key %s %s 7 %s"
                .formatted(GRANT.digest(), VM, HGS.guardian().id()));
    assertThat(
            tree(B64u.decode(genuine.get("protected").stringValue()).orElseThrow())
                .get("shieldwall-context")
                .stringValue())
        .isEqualTo(CONTEXT.text());
    WrappingContext shieldingData =
        new WrappingContext(
            Purpose.TRANSPORT_KEY, GRANT.digest(), Optional.empty(), 0, HGS.guardian().id());
    assertThat(shieldingData.text()).contains(" - 0 ");
  }

  // Independent implementations.

  @Test
  void nimbusOpensTheOuterLock() throws Exception {
    ObjectNode inner = tree(openWithNimbus(genuine));
    assertThat(inner.propertyNames()).containsExactlyInAnyOrder("kem", "ct", "sealed");
    assertThat(inner.get("kem").stringValue()).isEqualTo("ML-KEM-768");
  }

  @Test
  void oursOpensWhatNimbusLocked() throws Exception {
    byte[] inner = openWithNimbus(genuine);
    JWEObject made =
        new JWEObject(
            new JWEHeader.Builder(JWEAlgorithm.ECDH_ES_A256KW, EncryptionMethod.A256GCM)
                .keyID(HGS.guardian().id().text())
                .customParam("shieldwall-context", CONTEXT.text())
                .build(),
            new Payload(inner));
    made.encrypt(new ECDHEncrypter(HGS.guardian().keys().encryption()));

    // Its general serialization has epk in an unprotected header; its compact one, as ours, has all
    // members in the protected one.
    String[] parts = made.serialize().split("\\.", -1);
    ObjectNode json = Json.object().put("protected", parts[0]);
    json.putArray("recipients").addObject().put("encrypted_key", parts[1]);
    json.put("iv", parts[2]).put("ciphertext", parts[3]).put("tag", parts[4]);
    try (SecretBytes opened = open(json)) {
      assertThat(opened.sameAs(secret)).isTrue();
    }
  }

  @Test
  void debiansJoseOpensTheOuterLock(@TempDir Path directory) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/jose")), "needs the Debian package jose");
    Path key = directory.resolve("key.jwk");
    Files.writeString(key, jwk().toJSONString());
    Path wrapping = directory.resolve("wrapping.json");
    Files.write(wrapping, Json.bytes(genuine));
    Process jose =
        new ProcessBuilder(
                List.of("jose", "jwe", "dec", "-i", wrapping.toString(), "-k", key.toString()))
            .redirectErrorStream(true)
            .start();
    byte[] output = jose.getInputStream().readAllBytes();
    assertThat(jose.waitFor(20, TimeUnit.SECONDS)).isTrue();

    assertThat(jose.exitValue()).as(new String(output, StandardCharsets.UTF_8)).isZero();
    assertThat(output).isEqualTo(openWithNimbus(genuine));
  }

  // Both locks, and nothing but the two locks.

  @Test
  void anotherHoldersKeysDoNotOpenIt() throws Exception {
    Wrapping wrapping = Wrapping.fromJson(Json.of(genuine, "wrapping"));
    refused(Code.WRAPPING_NOT_OPENED, () -> wrapping.open(OTHER_HGS.keys(), CONTEXT, ARENA));
  }

  @Test
  void outerKeyAloneOpensNothing() throws Exception {
    PrivateKeySet half =
        PrivateKeySet.unchecked(
            HGS.guardian().keys(),
            HGS.keys().signing(),
            HGS.keys().encryption(),
            PrivateKeySet.generate(RANDOM).kem());
    Wrapping wrapping = Wrapping.fromJson(Json.of(genuine, "wrapping"));
    refused(Code.WRAPPING_NOT_OPENED, () -> wrapping.open(half, CONTEXT, ARENA));
  }

  @Test
  void innerKeyAloneOpensNothing() throws Exception {
    PrivateKeySet half =
        PrivateKeySet.unchecked(
            HGS.guardian().keys(),
            HGS.keys().signing(),
            PrivateKeySet.generate(RANDOM).encryption(),
            HGS.keys().kem());
    Wrapping wrapping = Wrapping.fromJson(Json.of(genuine, "wrapping"));
    refused(Code.WRAPPING_NOT_OPENED, () -> wrapping.open(half, CONTEXT, ARENA));
  }

  @Test
  void anyOtherContextIsRefused() throws Exception {
    Wrapping wrapping = Wrapping.fromJson(Json.of(genuine, "wrapping"));
    KeyId holder = CONTEXT.holder();
    Digest grant = CONTEXT.grant();
    Optional<UUID> vm = CONTEXT.vm();
    for (WrappingContext other :
        List.of(
            new WrappingContext(Purpose.RELEASE, grant, vm, 7, holder),
            new WrappingContext(Purpose.TRANSPORT_KEY, Digest.of(new byte[1]), vm, 7, holder),
            new WrappingContext(Purpose.TRANSPORT_KEY, grant, Optional.empty(), 7, holder),
            new WrappingContext(
                Purpose.TRANSPORT_KEY, grant, Optional.of(UUID.randomUUID()), 7, holder),
            new WrappingContext(Purpose.TRANSPORT_KEY, grant, vm, 8, holder),
            new WrappingContext(Purpose.TRANSPORT_KEY, grant, vm, 7, OTHER_HGS.guardian().id()))) {
      refused(Code.WRONG_CONTEXT, () -> wrapping.open(HGS.keys(), other, ARENA));
    }
  }

  @Test
  void contextRewrittenInTheClear() {
    WrappingContext other =
        new WrappingContext(
            Purpose.TRANSPORT_KEY, GRANT.digest(), Optional.of(VM), 8, HGS.guardian().id());
    ObjectNode json = withHeader(header -> header.put("shieldwall-context", other.text()));
    refused(
        Code.WRAPPING_NOT_OPENED,
        () -> Wrapping.fromJson(Json.of(json, "wrapping")).open(HGS.keys(), other, ARENA));
  }

  @Test
  void kemPartExchangedByWhoeverBreaksTheOuterLock() throws Exception {
    ObjectNode inner = tree(openWithNimbus(genuine));
    byte[] foreign = MlKem768.encapsulate(HGS.guardian().keys().kem(), RANDOM, ARENA).ciphertext();
    refused(Code.WRAPPING_NOT_OPENED, () -> open(relocked(inner.put("ct", B64u.encode(foreign)))));
  }

  @Test
  void innerLockThatIsNotTheFormats() throws Exception {
    ObjectNode inner = tree(openWithNimbus(genuine));
    refused(Code.WRONG_ALGORITHM, () -> open(relocked(inner.deepCopy().put("kem", "ML-KEM-512"))));
    refused(Code.MALFORMED, () -> open(relocked(inner.deepCopy().put("ct", "AAAA"))));
    refused(Code.MALFORMED, () -> open(relocked(inner.deepCopy().put("sealed", "AAAA"))));
    refused(Code.MALFORMED, () -> open(relocked(inner.deepCopy().put("more", 1))));
  }

  @Test
  void everyPartIsAuthenticated() {
    for (String part : List.of("iv", "ciphertext", "tag")) {
      refused(Code.WRAPPING_NOT_OPENED, () -> open(flipped(genuine, part)));
    }
    ObjectNode json = genuine.deepCopy();
    ObjectNode recipient = (ObjectNode) json.get("recipients").get(0);
    recipient.setAll(flipped(recipient, "encrypted_key"));
    refused(Code.WRAPPING_NOT_OPENED, () -> open(json));
  }

  // Headers that ask for something else.

  @Test
  void otherAlgorithmsAreRefused() {
    for (String alg : List.of("ECDH-ES", "ECDH-ES+A128KW", "A256KW", "dir", "RSA-OAEP", "none")) {
      refusedWithHeader(Code.WRONG_ALGORITHM, header -> header.put("alg", alg));
    }
    for (String enc : List.of("A128GCM", "A256CBC-HS512")) {
      refusedWithHeader(Code.WRONG_ALGORITHM, header -> header.put("enc", enc));
    }
    refusedWithHeader(Code.WRONG_ALGORITHM, header -> object(header, "epk").put("crv", "P-256"));
  }

  @Test
  void otherHeaderMembersAreRefused() {
    refusedWithHeader(Code.MALFORMED, header -> header.putArray("crit").add("exp"));
    refusedWithHeader(Code.MALFORMED, header -> header.put("zip", "DEF"));
    refusedWithHeader(Code.MALFORMED, header -> header.put("apu", "QWxpY2U"));
    refusedWithHeader(Code.MALFORMED, header -> header.remove("kid"));
    refusedWithHeader(Code.MALFORMED, header -> object(header, "epk").put("d", "AAAA"));
  }

  @Test
  void ephemeralPointOffTheCurve() {
    refusedWithHeader(
        Code.INVALID_KEY, header -> object(header, "epk").put("x", B64u.encode(new byte[48])));
  }

  @Test
  void kidOfAnotherHolder() {
    ObjectNode json = withHeader(header -> header.put("kid", OTHER_HGS.guardian().id().text()));
    refused(Code.WRONG_CONTEXT, () -> open(json));
  }

  @Test
  void noRecipientTwoOrOneWithAHeader() {
    ObjectNode none = genuine.deepCopy();
    none.putArray("recipients");
    refused(Code.MALFORMED, () -> open(none));
    ObjectNode two = genuine.deepCopy();
    ((ArrayNode) two.get("recipients")).add(two.get("recipients").get(0).deepCopy());
    refused(Code.MALFORMED, () -> open(two));
    ObjectNode header = genuine.deepCopy();
    ((ObjectNode) header.get("recipients").get(0)).putObject("header").put("alg", "dir");
    refused(Code.MALFORMED, () -> open(header));
    refused(Code.MALFORMED, () -> open(genuine.deepCopy().put("unprotected", "x")));
    refused(Code.MALFORMED, () -> open(genuine.deepCopy().put("aad", "AAAA")));
  }

  private static SecretBytes open(ObjectNode json) throws ProtectorException {
    return Wrapping.fromJson(Json.parse(Json.bytes(json), "wrapping", 10_000))
        .open(HGS.keys(), CONTEXT, ARENA);
  }

  private static byte[] openWithNimbus(ObjectNode json) throws Exception {
    JWEObjectJSON jwe = JWEObjectJSON.parse(new String(Json.bytes(json), StandardCharsets.UTF_8));
    jwe.decrypt(new ECDHDecrypter((ECPrivateKey) HGS.keys().encryption()));
    return jwe.getPayload().toBytes();
  }

  private static ObjectNode relocked(ObjectNode inner) {
    return Jwe.seal(Json.bytes(inner), CONTEXT.text(), HGS.guardian().keys(), RANDOM).toJson();
  }

  private static ECKey jwk() {
    return new ECKey.Builder(Curve.P_384, HGS.guardian().keys().encryption())
        .privateKey((ECPrivateKey) HGS.keys().encryption())
        .build();
  }

  private ObjectNode withHeader(Consumer<ObjectNode> change) {
    ObjectNode json = genuine.deepCopy();
    ObjectNode header = tree(B64u.decode(json.get("protected").stringValue()).orElseThrow());
    change.accept(header);
    return json.put("protected", B64u.encode(Json.bytes(header)));
  }

  private void refusedWithHeader(Code code, Consumer<ObjectNode> change) {
    refused(code, () -> open(withHeader(change)));
  }

  private static ObjectNode flipped(ObjectNode json, String member) {
    byte[] bytes = B64u.decode(json.get(member).stringValue()).orElseThrow();
    bytes[bytes.length - 1] ^= 1;
    return json.deepCopy().put(member, B64u.encode(bytes));
  }
}
