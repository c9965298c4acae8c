package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.ARENA;
import static org.shieldwall.protector.Parties.GRANT;
import static org.shieldwall.protector.Parties.HGS;
import static org.shieldwall.protector.Parties.NOW;
import static org.shieldwall.protector.Parties.OTHER_HGS;
import static org.shieldwall.protector.Parties.OWNER;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.STRANGER;
import static org.shieldwall.protector.Parties.VM;
import static org.shieldwall.protector.Parties.alter;
import static org.shieldwall.protector.Parties.forge;
import static org.shieldwall.protector.Parties.object;
import static org.shieldwall.protector.Parties.refused;
import static org.shieldwall.protector.Parties.tree;

import java.security.MessageDigest;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class KeyProtectorTest {
  private final KeyProtector.Created created = create();
  private final KeyProtector genuine = created.protector();

  @Test
  void ownerAndEveryGuardianOpenTheSameKey() throws Exception {
    KeyProtector read = KeyProtector.parse(genuine.toBytes());

    for (GuardianKey holder : List.of(OWNER, HGS, OTHER_HGS)) {
      try (SecretBytes key = read.open(holder.keys(), ARENA)) {
        assertThat(key.sameAs(created.transportKey())).isTrue();
      }
    }
    assertThat(read.vm()).contains(VM);
    assertThat(read.generation()).isEqualTo(1);
    assertThat(read.signedByOwner()).isTrue();
    assertThat(read.grant().policy()).isEqualTo(GRANT.policy());
  }

  @Test
  void writesTheBytesItWasReadFrom() throws Exception {
    assertThat(KeyProtector.parse(genuine.toBytes()).toBytes()).isEqualTo(genuine.toBytes());
  }

  @Test
  void digestCoversGrantKeyingAndMac() throws Exception {
    ObjectNode json = genuine.toJson();
    MessageDigest outer = MessageDigest.getInstance("SHA-256");
    for (String part : List.of("grant", "keying")) {
      byte[] payload = B64u.decode(object(json, part).get("payload").stringValue()).orElseThrow();
      outer.update(MessageDigest.getInstance("SHA-256").digest(payload));
    }
    byte[] mac = B64u.decode(json.get("mac").stringValue()).orElseThrow();
    assertThat(mac).hasSize(48);
    assertThat(genuine.digest().bytes()).isEqualTo(outer.digest(mac));
  }

  @Test
  void rollGivesTheOldKeyAndANewOneForTheSameHolders() throws Exception {
    try (IngressEgress rolled = genuine.roll(HGS.keys(), RANDOM, ARENA)) {
      KeyProtector next = KeyProtector.parse(rolled.next().toBytes());

      assertThat(rolled.ingress().sameAs(created.transportKey())).isTrue();
      assertThat(rolled.egress().sameAs(created.transportKey())).isFalse();
      assertThat(next.generation()).isEqualTo(2);
      assertThat(next.vm()).contains(VM);
      assertThat(next.signer()).isEqualTo(HGS.guardian().id());
      assertThat(next.grant().digest()).isEqualTo(GRANT.digest());
      try (SecretBytes key = next.open(OWNER.keys(), ARENA)) {
        assertThat(key.sameAs(rolled.egress())).isTrue();
      }
    }
  }

  @Test
  void provisionMakesTheFirstGenerationOfANewVm() throws Exception {
    UUID vm = UUID.randomUUID();
    try (KeyProtector.Created data = Parties.shieldingProtector();
        IngressEgress made = data.protector().provision(vm, HGS.keys(), RANDOM, ARENA)) {
      KeyProtector next = KeyProtector.parse(made.next().toBytes());

      assertThat(data.protector().vm()).isEmpty();
      assertThat(made.ingress().sameAs(data.transportKey())).isTrue();
      assertThat(next.vm()).contains(vm);
      assertThat(next.generation()).isEqualTo(1);
      assertThat(next.signedByOwner()).isFalse();
    }
  }

  @Test
  void shieldingDataStartNoVmAndAVmProvisionsNoOther() throws Exception {
    try (KeyProtector.Created data = Parties.shieldingProtector()) {
      refused(Code.GENERATION_MISMATCH, () -> data.protector().roll(HGS.keys(), RANDOM, ARENA));
    }
    refused(
        Code.GENERATION_MISMATCH,
        () -> genuine.provision(UUID.randomUUID(), HGS.keys(), RANDOM, ARENA));
  }

  @Test
  void onlyTheOwnerCreates() {
    refused(
        Code.UNKNOWN_SIGNER, () -> KeyProtector.createForVm(GRANT, VM, HGS.keys(), RANDOM, ARENA));
  }

  @Test
  void strangersOpenNothing() {
    refused(Code.UNKNOWN_GUARDIAN, () -> genuine.open(STRANGER.keys(), ARENA));
  }

  @Test
  void expiryIsRefusedFromItsVerySecond() throws Exception {
    genuine.requireUnexpired(NOW.plusSeconds(3599));
    refused(Code.EXPIRED, () -> genuine.requireUnexpired(NOW.plusSeconds(3600)));
  }

  // What somebody who holds the document may do to it.

  @Test
  void guardianAddedToTheGrant() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE,
        json ->
            alter(
                object(json, "grant"),
                grant -> ((ArrayNode) grant.get("guardians")).add(STRANGER.guardian().toJson())));
  }

  @Test
  void policyWeakened() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE,
        json ->
            alter(
                object(json, "grant"),
                grant -> object(grant, "policy").put("minimumAssurance", "directory")));
  }

  @Test
  void grantSignedBySomebodyElse() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE,
        json ->
            forge(
                object(json, "grant"),
                STRANGER.keys(),
                grant -> object(grant, "policy").putNull("expires")));
  }

  @Test
  void grantOfAnotherOwnerUnderTheSameKeying() {
    refusedAfter(
        Code.UNKNOWN_SIGNER,
        json -> json.set("grant", Parties.grant(STRANGER, HGS.guardian()).toJson()));
  }

  @Test
  void grantSwappedForAnotherOfTheSameOwner() {
    refusedAfter(
        Code.GRANT_MISMATCH,
        json ->
            json.set("grant", Parties.grant(OWNER, HGS.guardian(), OTHER_HGS.guardian()).toJson()));
  }

  @Test
  void grantWithTheSameGuardianTwice() {
    refusedAfter(
        Code.DUPLICATE_GUARDIAN,
        json ->
            forge(
                object(json, "grant"),
                OWNER.keys(),
                grant -> ((ArrayNode) grant.get("guardians")).add(HGS.guardian().toJson())));
    refused(Code.DUPLICATE_GUARDIAN, () -> issue(List.of(HGS.guardian(), OWNER.guardian())));
  }

  @Test
  void grantForNobodyOrTooMany() {
    refused(Code.MALFORMED, () -> issue(List.of()));
    refused(Code.MALFORMED, () -> issue(java.util.Collections.nCopies(17, HGS.guardian())));
  }

  @Test
  void guardianDocumentInTheGrantNotByItsOwnKeys() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE,
        json ->
            forge(
                object(json, "grant"),
                OWNER.keys(),
                grant ->
                    alter(
                        (ObjectNode) grant.get("guardians").get(0),
                        guardian -> guardian.put("name", "Fabric N0rth"))));
  }

  @Test
  void generationChanged() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE,
        json -> alter(object(json, "keying"), keying -> keying.put("generation", 2)));
  }

  @Test
  void generationChangedByAGuardianWhoDoesNotWrapAnew() throws Exception {
    ObjectNode json = genuine.toJson();
    forge(
        object(json, "keying"),
        HGS.keys(),
        keying -> keying.put("generation", 2).put("signer", HGS.guardian().id().text()));
    KeyProtector altered = KeyProtector.parse(Json.bytes(json));
    refused(Code.WRONG_CONTEXT, () -> altered.open(OTHER_HGS.keys(), ARENA));
  }

  @Test
  void generationOutOfRange() {
    for (long generation : new long[] {-1, Json.MAX_NUMBER + 1, Long.MAX_VALUE}) {
      refusedAfter(Code.MALFORMED, keying(k -> k.put("generation", generation)));
    }
    refusedAfter(Code.MALFORMED, keying(k -> k.put("generation", 1.5)));
    refusedAfter(Code.MALFORMED, keying(k -> k.put("generation", "1")));
  }

  @Test
  void generationAndVmThatDoNotGoTogether() {
    refusedAfter(Code.GENERATION_MISMATCH, keying(k -> k.put("generation", 0)));
    refusedAfter(Code.GENERATION_MISMATCH, keying(k -> k.putNull("vm")));
  }

  @Test
  void generationZeroByAGuardian() {
    refusedAfter(
        Code.UNKNOWN_SIGNER,
        json ->
            forge(
                object(json, "keying"),
                HGS.keys(),
                keying ->
                    keying
                        .put("generation", 0)
                        .putNull("vm")
                        .put("signer", HGS.guardian().id().text())));
  }

  @Test
  void keyingSignedBySomebodyNotGranted() {
    refusedAfter(
        Code.UNKNOWN_SIGNER,
        json ->
            forge(
                object(json, "keying"),
                STRANGER.keys(),
                keying -> keying.put("signer", STRANGER.guardian().id().text())));
  }

  @Test
  void keyingSignedInAnothersName() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE, json -> forge(object(json, "keying"), HGS.keys(), keying -> {}));
  }

  @Test
  void signatureMissing() {
    for (String part : List.of("grant", "keying")) {
      refusedAfter(Code.MISSING_SIGNATURE, json -> object(json, part).remove("signature"));
      refusedAfter(Code.MISSING_SIGNATURE, json -> object(json, part).put("signature", ""));
    }
  }

  @Test
  void wrappingMissing() {
    refusedAfter(Code.MISSING_WRAPPING, keying(k -> ((ArrayNode) k.get("wrappings")).remove(2)));
    refusedAfter(Code.MISSING_WRAPPING, keying(k -> k.putArray("wrappings")));
  }

  @Test
  void wrappingForSomebodyElse() {
    refusedAfter(
        Code.EXTRA_WRAPPING,
        keying(k -> {
          ObjectNode extra = (ObjectNode) k.get("wrappings").get(0).deepCopy();
          extra.put("holder", STRANGER.guardian().id().text());
          ((ArrayNode) k.get("wrappings")).add(extra);
        }));
  }

  @Test
  void wrappingTwice() {
    refusedAfter(
        Code.EXTRA_WRAPPING,
        keying(k -> ((ArrayNode) k.get("wrappings")).add(k.get("wrappings").get(0).deepCopy())));
  }

  @Test
  void wrappingOfAnotherVmMovedIn() throws Exception {
    try (KeyProtector.Created other =
        KeyProtector.createForVm(GRANT, UUID.randomUUID(), OWNER.keys(), RANDOM, ARENA)) {
      ObjectNode foreign = Parties.payload(object(other.protector().toJson(), "keying"));
      ObjectNode json = genuine.toJson();
      keying(k -> k.set("wrappings", foreign.get("wrappings"))).accept(json);

      KeyProtector altered = KeyProtector.parse(Json.bytes(json));
      refused(Code.WRONG_CONTEXT, () -> altered.open(HGS.keys(), ARENA));
    }
  }

  @Test
  void wrappingsOfTwoHoldersExchanged() throws Exception {
    ObjectNode json = genuine.toJson();
    keying(
            k -> {
              ObjectNode first = (ObjectNode) k.get("wrappings").get(1);
              ObjectNode second = (ObjectNode) k.get("wrappings").get(2);
              var moved = first.get("wrapping");
              first.set("wrapping", second.get("wrapping"));
              second.set("wrapping", moved);
            })
        .accept(json);
    KeyProtector altered = KeyProtector.parse(Json.bytes(json));
    refused(Code.WRONG_CONTEXT, () -> altered.open(HGS.keys(), ARENA));
  }

  @Test
  void macWrong() throws Exception {
    ObjectNode json = genuine.toJson();
    byte[] mac = B64u.decode(json.get("mac").stringValue()).orElseThrow();
    mac[47] ^= 1;
    KeyProtector altered = KeyProtector.parse(Json.bytes(json.put("mac", B64u.encode(mac))));
    refused(Code.WRONG_MAC, () -> altered.open(HGS.keys(), ARENA));
    refused(Code.WRONG_MAC, () -> altered.roll(HGS.keys(), RANDOM, ARENA));
  }

  @Test
  void macOfAnotherKeying() throws Exception {
    try (KeyProtector.Created other = Parties.vmProtector()) {
      ObjectNode json = genuine.toJson();
      json.set("mac", other.protector().toJson().get("mac"));
      KeyProtector altered = KeyProtector.parse(Json.bytes(json));
      refused(Code.WRONG_MAC, () -> altered.open(OWNER.keys(), ARENA));
    }
  }

  @Test
  void notTheDocumentItSaysItIs() {
    refusedAfter(Code.UNKNOWN_FORMAT, json -> json.put("format", "shieldwall-key-protector-2"));
    refusedAfter(Code.UNKNOWN_FORMAT, json -> json.set("keying", json.get("grant")));
    refusedAfter(Code.UNKNOWN_FORMAT, keying(k -> k.put("format", "shieldwall-keying-2")));
    refusedAfter(Code.MALFORMED, json -> json.put("comment", "hello"));
    refusedAfter(Code.MALFORMED, keying(k -> k.put("comment", "hello")));
    refusedAfter(Code.MALFORMED, json -> json.put("mac", "AAAA"));
    refused(Code.TOO_LARGE, () -> KeyProtector.parse(new byte[KeyProtector.MAX_BYTES + 1]));
  }

  @Test
  void sixteenGuardiansFitTheSize() throws Exception {
    Guardian[] guardians = new Guardian[16];
    for (int i = 0; i < guardians.length; i++) {
      guardians[i] = Parties.holder("x".repeat(100)).guardian();
    }
    Grant grant = Parties.grant(OWNER, guardians);
    try (KeyProtector.Created large =
        KeyProtector.createForVm(grant, VM, OWNER.keys(), RANDOM, ARENA)) {
      assertThat(KeyProtector.parse(large.protector().toBytes()).grant().guardians()).hasSize(16);
    }
  }

  @Test
  void namesNoSecretInItsText() {
    assertThat(genuine.toString()).contains(VM.toString()).doesNotContain("mac");
    assertThat(created.toString()).contains("SecretBytes[32 bytes]");
  }

  /** A change to the keying that its own signer signs. */
  private static Consumer<ObjectNode> keying(Consumer<ObjectNode> change) {
    return json -> forge(object(json, "keying"), OWNER.keys(), change);
  }

  private void refusedAfter(Code code, Consumer<ObjectNode> change) {
    ObjectNode json = tree(genuine.toBytes());
    change.accept(json);
    refused(code, () -> KeyProtector.parse(Json.bytes(json)));
  }

  private static Grant issue(List<Guardian> guardians) throws ProtectorException {
    return Grant.issue(
        OWNER.guardian(), OWNER.keys(), guardians, OwnerPolicy.shielded(), NOW, RANDOM);
  }

  private static KeyProtector.Created create() {
    try {
      return Parties.vmProtector();
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }
}
