package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.shieldwall.protector.Parties.ARENA;
import static org.shieldwall.protector.Parties.ENCLAVE;
import static org.shieldwall.protector.Parties.GRANT;
import static org.shieldwall.protector.Parties.HGS;
import static org.shieldwall.protector.Parties.OTHER_HGS;
import static org.shieldwall.protector.Parties.OWNER;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.STRANGER;
import static org.shieldwall.protector.Parties.VM;
import static org.shieldwall.protector.Parties.alter;
import static org.shieldwall.protector.Parties.forge;
import static org.shieldwall.protector.Parties.refused;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.ReleaseRequest.Purpose;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

class ReleaseTest {
  private static final PrivateKeySet OTHER_ENCLAVE = PrivateKeySet.generate(RANDOM);

  private final KeyProtector old = protector();

  @Test
  void enclaveGetsBothKeysAndTheNextProtector() throws Exception {
    PendingRelease pending = ReleaseRequest.create(Purpose.START, old, ENCLAVE, RANDOM);
    byte[] sent = Json.bytes(pending.request().toJson());

    ReleaseRequest request = verify(sent, ENCLAVE.publicKeys(), old);
    byte[] answer;
    try (IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA)) {
      answer = Release.seal(request, ENCLAVE.publicKeys(), rolled, RANDOM, ARENA).toBytes();
    }

    try (IngressEgress keys = Release.parse(answer).open(pending, ENCLAVE, ARENA);
        SecretBytes ingress = old.open(OWNER.keys(), ARENA);
        SecretBytes egress = keys.next().open(OWNER.keys(), ARENA)) {
      assertThat(keys.ingress().sameAs(ingress)).isTrue();
      assertThat(keys.egress().sameAs(egress)).isTrue();
      assertThat(keys.next().generation()).isEqualTo(2);
    }
    assertThat(request.nonce()).isEqualTo(pending.request().nonce()).hasSize(32);
    assertThat(request.purpose()).isEqualTo(Purpose.START);
  }

  @Test
  void enclaveGetsTheFirstKeyOfANewVm() throws Exception {
    try (KeyProtector.Created data = Parties.shieldingProtector()) {
      PendingRelease pending =
          ReleaseRequest.create(Purpose.PROVISION, data.protector(), ENCLAVE, RANDOM);
      Release release = seal(pending, data.protector().provision(VM, HGS.keys(), RANDOM, ARENA));
      try (IngressEgress keys = release.open(pending, ENCLAVE, ARENA)) {
        assertThat(keys.ingress().sameAs(data.transportKey())).isTrue();
        assertThat(keys.next().vm()).contains(VM);
      }
    }
  }

  @Test
  void purposeAndProtectorMustFit() throws Exception {
    refused(
        Code.GENERATION_MISMATCH,
        () -> ReleaseRequest.create(Purpose.PROVISION, old, ENCLAVE, RANDOM));
    try (KeyProtector.Created data = Parties.shieldingProtector()) {
      refused(
          Code.GENERATION_MISMATCH,
          () -> ReleaseRequest.create(Purpose.START, data.protector(), ENCLAVE, RANDOM));
    }
    ObjectNode request = pending().request().toJson();
    forge(request, ENCLAVE, payload -> payload.put("purpose", "provision"));
    refused(Code.GENERATION_MISMATCH, () -> verify(Json.bytes(request), ENCLAVE.publicKeys(), old));
  }

  // The service's side.

  @Test
  void requestByAnotherKeyThanTheCertificates() throws Exception {
    byte[] request = Json.bytes(pending().request().toJson());
    refused(Code.FOREIGN_SIGNATURE, () -> verify(request, OTHER_ENCLAVE.publicKeys(), old));
  }

  @Test
  void requestAltered() throws Exception {
    ObjectNode request = pending().request().toJson();
    alter(request, payload -> payload.put("nonce", B64u.encode(new byte[32])));
    refused(Code.FOREIGN_SIGNATURE, () -> verify(Json.bytes(request), ENCLAVE.publicKeys(), old));
  }

  @Test
  void requestNamesAnotherEnclave() throws Exception {
    ObjectNode request = pending().request().toJson();
    forge(request, ENCLAVE, payload -> payload.put("enclave", OTHER_ENCLAVE.id().text()));
    refused(Code.ENCLAVE_MISMATCH, () -> verify(Json.bytes(request), ENCLAVE.publicKeys(), old));
  }

  @Test
  void requestForAnotherProtector() throws Exception {
    byte[] request = Json.bytes(pending().request().toJson());
    refused(Code.PROTECTOR_MISMATCH, () -> verify(request, ENCLAVE.publicKeys(), protector()));
  }

  @Test
  void requestWithAnotherNonceLengthOrMember() throws Exception {
    ObjectNode shortNonce = pending().request().toJson();
    forge(shortNonce, ENCLAVE, payload -> payload.put("nonce", B64u.encode(new byte[16])));
    refused(Code.MALFORMED, () -> verify(Json.bytes(shortNonce), ENCLAVE.publicKeys(), old));
    ObjectNode extra = pending().request().toJson();
    forge(extra, ENCLAVE, payload -> payload.put("debug", true));
    refused(Code.MALFORMED, () -> verify(Json.bytes(extra), ENCLAVE.publicKeys(), old));
  }

  @Test
  void serviceSealsToNoOtherEnclave() throws Exception {
    PendingRelease pending = pending();
    try (IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA)) {
      refused(
          Code.ENCLAVE_MISMATCH,
          () -> Release.seal(pending.request(), OTHER_ENCLAVE.publicKeys(), rolled, RANDOM, ARENA));
    }
  }

  // The enclave's side.

  @Test
  void sameAnswerTwice() throws Exception {
    PendingRelease pending = pending();
    Release release = roll(pending);
    release.open(pending, ENCLAVE, ARENA).close();
    refused(Code.NOT_REQUESTED, () -> release.open(pending, ENCLAVE, ARENA));
  }

  @Test
  void wrongAnswerUsesTheRequestUp() throws Exception {
    PendingRelease pending = pending();
    Release right = roll(pending);
    refused(Code.NOT_REQUESTED, () -> roll(pending()).open(pending, ENCLAVE, ARENA));
    refused(Code.NOT_REQUESTED, () -> right.open(pending, ENCLAVE, ARENA));
  }

  @Test
  void answerToAnEarlierRequest() throws Exception {
    Release recorded = roll(pending());
    PendingRelease now = pending();
    refused(Code.NOT_REQUESTED, () -> recorded.open(now, ENCLAVE, ARENA));
  }

  @Test
  void answerForAnotherEnclave() throws Exception {
    PendingRelease pending = pending();
    PendingRelease others = ReleaseRequest.create(Purpose.START, old, OTHER_ENCLAVE, RANDOM);
    Release release;
    try (IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA)) {
      release = Release.seal(others.request(), OTHER_ENCLAVE.publicKeys(), rolled, RANDOM, ARENA);
    }
    refused(Code.WRONG_CONTEXT, () -> release.open(pending, ENCLAVE, ARENA));
  }

  @Test
  void nextProtectorExchangedForAnotherRoll() throws Exception {
    PendingRelease pending = pending();
    Release release = roll(pending);
    ObjectNode json = Parties.tree(release.toBytes());
    try (IngressEgress another = old.roll(OTHER_HGS.keys(), RANDOM, ARENA)) {
      json.set("protector", another.next().toJson());
    }
    Release altered = Release.parse(Json.bytes(json));
    refused(Code.PROTECTOR_MISMATCH, () -> altered.open(pending, ENCLAVE, ARENA));
  }

  @Test
  void whatIsSaidOfTheHostAlteredOnTheWay() throws Exception {
    ReleasedHost host = new ReleasedHost(Assurance.HOST_KEY, "host-1", "ab", List.of("one"));
    for (ReleasedHost better :
        List.of(
            new ReleasedHost(Assurance.TPM, "host-1", "ab", List.of("one")),
            new ReleasedHost(Assurance.HOST_KEY, "host-2", "ab", List.of("one")),
            new ReleasedHost(Assurance.HOST_KEY, "host-1", "cd", List.of("one")),
            new ReleasedHost(Assurance.HOST_KEY, "host-1", "ab", List.of("one", "two")))) {
      PendingRelease pending = pending();
      Release release =
          seal(pending, old.roll(HGS.keys(), RANDOM, ARENA).with(ReleaseTerms.usual(host)));
      ObjectNode json = Parties.tree(release.toBytes());
      json.set("host", better.toJson());
      Release altered = Release.parse(Json.bytes(json));
      refused(Code.HOST_MISMATCH, () -> altered.open(pending, ENCLAVE, ARENA));
    }
  }

  @Test
  void answerThatSaysNothingOfTheHost() throws Exception {
    ObjectNode json = Parties.tree(roll(pending()).toBytes());
    json.remove("host");
    refused(Code.MALFORMED, () -> Release.parse(Json.bytes(json)));
  }

  @Test
  void hostOfWhichNothingWasVerifiedIsTheWeakest() {
    assertThat(ReleaseTerms.usual().host().assurance()).isEqualTo(Assurance.DIRECTORY);
    assertThat(ReleaseTerms.usual().host().baselines()).isEmpty();
  }

  @Test
  void answerUnderAnotherGrant() throws Exception {
    PendingRelease pending = pending();
    Grant weaker = Parties.grant(OWNER, HGS.guardian());
    try (KeyProtector.Created other =
        KeyProtector.createForVm(weaker, VM, OWNER.keys(), RANDOM, ARENA)) {
      Release release = seal(pending, other.protector().roll(HGS.keys(), RANDOM, ARENA));
      refused(Code.GRANT_MISMATCH, () -> release.open(pending, ENCLAVE, ARENA));
    }
  }

  @Test
  void answerForAnotherVmOrGeneration() throws Exception {
    try (KeyProtector.Created otherVm =
        KeyProtector.createForVm(GRANT, UUID.randomUUID(), OWNER.keys(), RANDOM, ARENA)) {
      PendingRelease pending = pending();
      Release release = seal(pending, otherVm.protector().roll(HGS.keys(), RANDOM, ARENA));
      refused(Code.GENERATION_MISMATCH, () -> release.open(pending, ENCLAVE, ARENA));
    }
    PendingRelease pending = pending();
    try (IngressEgress second = old.roll(HGS.keys(), RANDOM, ARENA)) {
      Release release = seal(pending, second.next().roll(HGS.keys(), RANDOM, ARENA));
      refused(Code.GENERATION_MISMATCH, () -> release.open(pending, ENCLAVE, ARENA));
    }
  }

  @Test
  void answerKeyedByTheOwner() throws Exception {
    PendingRelease pending = pending();
    Release release = seal(pending, old.roll(OWNER.keys(), RANDOM, ARENA));
    refused(Code.UNKNOWN_SIGNER, () -> release.open(pending, ENCLAVE, ARENA));
  }

  @Test
  void ingressKeyThatIsNotTheVms() throws Exception {
    PendingRelease pending = pending();
    IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA);
    Release release =
        seal(
            pending,
            new IngressEgress(
                SecretBytes.random(ARENA, 32, RANDOM), rolled.egress(), rolled.next()));
    refused(Code.WRONG_MAC, () -> release.open(pending, ENCLAVE, ARENA));
  }

  @Test
  void egressKeyThatIsNotTheNextProtectors() throws Exception {
    PendingRelease pending = pending();
    IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA);
    Release release =
        seal(
            pending,
            new IngressEgress(
                rolled.ingress(), SecretBytes.random(ARENA, 32, RANDOM), rolled.next()));
    refused(Code.WRONG_MAC, () -> release.open(pending, ENCLAVE, ARENA));
  }

  @Test
  void answerWithAForgedNextKeying() throws Exception {
    ObjectNode json = Parties.tree(roll(pending()).toBytes());
    ObjectNode keying = (ObjectNode) json.get("protector").get("keying");
    forge(keying, STRANGER.keys(), payload -> {});
    refused(Code.FOREIGN_SIGNATURE, () -> Release.parse(Json.bytes(json)));
  }

  @Test
  void textsHoldNoKeyAndNoNonce() throws Exception {
    PendingRelease pending = pending();
    assertThat(pending.request().toString()).doesNotContain(B64u.encode(pending.request().nonce()));
    try (IngressEgress rolled = old.roll(HGS.keys(), RANDOM, ARENA)) {
      assertThat(rolled.toString()).contains("SecretBytes[32 bytes]");
    }
  }

  private PendingRelease pending() throws ProtectorException {
    return ReleaseRequest.create(Purpose.START, old, ENCLAVE, RANDOM);
  }

  private Release roll(PendingRelease pending) throws ProtectorException {
    return seal(pending, old.roll(HGS.keys(), RANDOM, ARENA));
  }

  /** Seals, closes the keys, and reads the answer as the enclave does. */
  private static Release seal(PendingRelease pending, IngressEgress keys)
      throws ProtectorException {
    try (keys) {
      return Release.parse(
          Release.seal(pending.request(), ENCLAVE.publicKeys(), keys, RANDOM, ARENA).toBytes());
    }
  }

  private static ReleaseRequest verify(byte[] bytes, KeySet enclave, KeyProtector protector)
      throws ProtectorException {
    return ReleaseRequest.verify(
        Json.parse(bytes, "release request", ReleaseRequest.MAX_BYTES), enclave, protector);
  }

  private static KeyProtector protector() {
    try (KeyProtector.Created created = Parties.vmProtector()) {
      return created.protector();
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }
}
