package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.shieldwall.protector.Parties.HGS;
import static org.shieldwall.protector.Parties.NOW;
import static org.shieldwall.protector.Parties.OWNER;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.alter;
import static org.shieldwall.protector.Parties.forge;
import static org.shieldwall.protector.Parties.object;
import static org.shieldwall.protector.Parties.refused;
import static org.shieldwall.protector.Parties.tree;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.OwnerPolicy.Violation;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

class KeySetTest {
  private final KeySet keys = HGS.guardian().keys();

  @Test
  void idIsTheDigestOfTheEncoding() throws Exception {
    byte[] encoding = keys.encoding();
    assertThat(encoding).hasSize(1397);
    assertThat(new String(encoding, 0, 19, StandardCharsets.US_ASCII))
        .isEqualTo("shieldwall keys v1\0");
    assertThat(encoding[19]).isEqualTo((byte) 4);
    assertThat(encoding[19 + 97]).isEqualTo((byte) 4);
    byte[] spki = keys.kem().getEncoded();
    assertThat(Arrays.copyOfRange(encoding, 213, 1397))
        .isEqualTo(Arrays.copyOfRange(spki, spki.length - 1184, spki.length));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(encoding);
    assertThat(keys.id().bytes()).isEqualTo(digest);
    assertThat(keys.id().text())
        .hasSize(43)
        .isEqualTo(Base64.getUrlEncoder().withoutPadding().encodeToString(digest));
  }

  @Test
  void survivesItsJson() throws Exception {
    KeySet read = KeySet.fromJson(Json.parse(Json.bytes(keys.toJson()), "keys", 10_000));
    assertThat(read).isEqualTo(keys).hasSameHashCodeAs(keys);
    assertThat(read.id()).isEqualTo(keys.id());
    assertThat(read).isNotEqualTo(OWNER.guardian().keys());
  }

  @Test
  void keysThatAreNone() {
    refusedAfter(
        Code.INVALID_KEY, json -> object(json, "signing").put("y", B64u.encode(new byte[48])));
    refusedAfter(
        Code.MALFORMED, json -> object(json, "signing").put("y", B64u.encode(new byte[47])));
    refusedAfter(Code.WRONG_ALGORITHM, json -> object(json, "encryption").put("crv", "P-521"));
    refusedAfter(Code.WRONG_ALGORITHM, json -> object(json, "encryption").put("kty", "OKP"));
    refusedAfter(Code.MALFORMED, json -> object(json, "encryption").put("d", "AAAA"));
    refusedAfter(Code.MALFORMED, json -> json.put("kem", B64u.encode(new byte[1183])));
    refusedAfter(Code.MALFORMED, json -> json.putNull("kem"));
    // Coefficients of 4095 are not reduced modulo 3329.
    byte[] large = new byte[1184];
    Arrays.fill(large, (byte) 0xFF);
    refusedAfter(Code.INVALID_KEY, json -> json.put("kem", B64u.encode(large)));
    byte[] oneTooLarge = new byte[1184];
    oneTooLarge[1150] = (byte) 0x10;
    oneTooLarge[1151] = (byte) 0xD0;
    refusedAfter(Code.INVALID_KEY, json -> json.put("kem", B64u.encode(oneTooLarge)));
  }

  @Test
  void guardiansDocumentShowsPossession() throws Exception {
    Guardian guardian = Guardian.parse(HGS.guardian().toBytes());
    assertThat(guardian.name()).isEqualTo("Fabric North");
    assertThat(guardian.created()).isEqualTo(NOW);
    assertThat(guardian.id()).isEqualTo(keys.id());

    ObjectNode renamed = tree(HGS.guardian().toBytes());
    alter(renamed, payload -> payload.put("name", "Fabric N0rth"));
    refused(Code.FOREIGN_SIGNATURE, () -> Guardian.parse(Json.bytes(renamed)));
    ObjectNode stolen = tree(HGS.guardian().toBytes());
    forge(stolen, OWNER.keys(), payload -> {});
    refused(Code.FOREIGN_SIGNATURE, () -> Guardian.parse(Json.bytes(stolen)));
    ObjectNode unsigned = tree(HGS.guardian().toBytes());
    unsigned.remove("signature");
    refused(Code.MISSING_SIGNATURE, () -> Guardian.parse(Json.bytes(unsigned)));
    refused(Code.TOO_LARGE, () -> Guardian.parse(new byte[Guardian.MAX_BYTES + 1]));
  }

  @Test
  void guardiansNameIsFitToBeShown() {
    for (String name : List.of("", "a\u001b[2J", "x".repeat(101), "a\nb")) {
      refused(Code.MALFORMED, () -> Guardian.create(name, NOW, HGS.keys(), RANDOM));
    }
  }

  @Test
  void idsAndDigestsAreCheckedTexts() {
    for (String text : List.of("", "AAAA", "A".repeat(44), "A".repeat(42) + "B")) {
      assertThatThrownBy(() -> new KeyId(text)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new Digest(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  // The owner's policy, point by point.

  @Test
  void policyNamesEveryPointInWhichAHostFallsShort() {
    OwnerPolicy policy =
        new OwnerPolicy(
            VmClass.SHIELDED,
            Assurance.HOST_KEY,
            List.of("debian-12", "no-debug"),
            List.of("host-1", "host-2"),
            Optional.of(NOW));
    Set<String> both = Set.of("debian-12", "no-debug", "more");
    assertThat(policy.violations(Assurance.TPM, both, "host-2", NOW.minusSeconds(1))).isEmpty();
    assertThat(policy.violations(Assurance.HOST_KEY, both, "host-1", NOW.minusSeconds(1)))
        .isEmpty();
    assertThat(policy.violations(Assurance.DIRECTORY, both, "host-1", NOW.minusSeconds(1)))
        .containsExactly(Violation.ASSURANCE);
    assertThat(policy.violations(Assurance.TPM, Set.of("debian-12"), "host-1", NOW.minusSeconds(1)))
        .containsExactly(Violation.BASELINES);
    assertThat(policy.violations(Assurance.TPM, both, "host-3", NOW.minusSeconds(1)))
        .containsExactly(Violation.HOST);
    assertThat(policy.violations(Assurance.TPM, both, "host-1", NOW))
        .containsExactly(Violation.EXPIRED);
    assertThat(policy.violations(Assurance.DIRECTORY, Set.of(), "", NOW))
        .containsExactly(Violation.values());
    assertThat(OwnerPolicy.shielded().violations(Assurance.TPM, Set.of(), "any", NOW)).isEmpty();
  }

  @Test
  void policySurvivesItsJson() throws Exception {
    for (OwnerPolicy policy :
        List.of(
            OwnerPolicy.shielded(),
            new OwnerPolicy(
                VmClass.ENCRYPTION_SUPPORTED,
                Assurance.DIRECTORY,
                List.of("a"),
                List.of("b", "c"),
                Optional.of(NOW)))) {
      assertThat(OwnerPolicy.fromJson(Json.of(policy.toJson(), "policy"))).isEqualTo(policy);
    }
    refused(
        Code.MALFORMED,
        () -> OwnerPolicy.fromJson(Json.of(shielded().put("class", "open"), "policy")));
    refused(
        Code.MALFORMED,
        () -> OwnerPolicy.fromJson(Json.of(shielded().put("minimumAssurance", "none"), "policy")));
    ObjectNode noExpiry = shielded();
    noExpiry.remove("expires");
    refused(Code.MALFORMED, () -> OwnerPolicy.fromJson(Json.of(noExpiry, "policy")));
  }

  private static ObjectNode shielded() {
    return OwnerPolicy.shielded().toJson();
  }

  private void refusedAfter(Code code, Consumer<ObjectNode> change) {
    ObjectNode json = keys.toJson();
    change.accept(json);
    refused(code, () -> KeySet.fromJson(Json.of(json, "keys")));
  }
}
