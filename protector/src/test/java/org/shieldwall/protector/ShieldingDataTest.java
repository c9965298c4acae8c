package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.shieldwall.protector.Parties.ARENA;
import static org.shieldwall.protector.Parties.ENCLAVE;
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
import static org.shieldwall.protector.Parties.secret;
import static org.shieldwall.protector.Parties.tree;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.ReleaseRequest.Purpose;
import org.shieldwall.protector.TemplateRequirement.Rule;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

class ShieldingDataTest {
  private static final TemplateRequirement TEMPLATE =
      new TemplateRequirement(
          STRANGER.guardian().id(), "debian", Rule.AT_LEAST, TemplateVersion.of("12.1"));
  private static final String SECRET = "password: hunter2, and ß";

  private final ShieldingData genuine = create();

  /** From the owner's machine to the enclave, by way of the service. */
  @Test
  void enclaveReadsWhatTheOwnerWrote() throws Exception {
    ShieldingData read = ShieldingData.parse(genuine.toBytes());
    PendingRelease pending =
        ReleaseRequest.create(Purpose.PROVISION, read.protector(), ENCLAVE, RANDOM);
    Release release;
    try (IngressEgress made = read.protector().provision(VM, HGS.keys(), RANDOM, ARENA)) {
      release = Release.seal(pending.request(), ENCLAVE.publicKeys(), made, RANDOM, ARENA);
    }

    try (IngressEgress keys = release.open(pending, ENCLAVE, ARENA)) {
      List<SeedFile> files = read.open(keys.ingress(), ARENA);
      assertThat(files).extracting(SeedFile::name).containsExactly("user-data", "meta-data");
      assertThat(text(files.getFirst())).isEqualTo(SECRET);
      files.forEach(SeedFile::close);
      refused(Code.PAYLOAD_ALTERED, () -> read.open(keys.egress(), ARENA));
    }
    assertThat(read.template()).isEqualTo(TEMPLATE);
    assertThat(read.created()).isEqualTo(NOW);
    assertThat(read.id()).isEqualTo(genuine.id());
    assertThat(read.protector().vm()).isEmpty();
  }

  @Test
  void secretIsNowhereInTheDocument() {
    assertThat(new String(genuine.toBytes(), StandardCharsets.UTF_8)).doesNotContain("hunter2");
    assertThat(genuine.toString()).doesNotContain("hunter2");
  }

  @Test
  void payloadAltered() {
    refusedAfter(
        Code.PAYLOAD_ALTERED,
        json -> {
          byte[] payload = B64u.decode(json.get("payload").stringValue()).orElseThrow();
          payload[20] ^= 1;
          json.put("payload", B64u.encode(payload));
        });
    refusedAfter(Code.MALFORMED, json -> json.put("payload", "AAAA"));
  }

  @Test
  void payloadOfOtherShieldingDataOfTheSameOwner() throws Exception {
    ShieldingData other = create();
    refusedAfter(Code.PAYLOAD_ALTERED, json -> json.set("payload", other.toJson().get("payload")));
    // With its header too, the protector's key does not open it.
    ObjectNode json = tree(genuine.toBytes());
    json.set("payload", other.toJson().get("payload"));
    json.set("header", other.toJson().get("header"));
    ShieldingData mixed = ShieldingData.parse(Json.bytes(json));
    try (SecretBytes key = mixed.protector().open(OWNER.keys(), ARENA)) {
      refused(Code.PAYLOAD_ALTERED, () -> mixed.open(key, ARENA));
    }
  }

  @Test
  void templateExchanged() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE,
        json ->
            alter(
                object(json, "header"), header -> object(header, "template").put("version", "1")));
  }

  @Test
  void headerSignedByAGuardianInsteadOfTheOwner() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE, json -> forge(object(json, "header"), HGS.keys(), h -> {}));
  }

  @Test
  void headerMissingItsSignature() {
    refusedAfter(Code.MISSING_SIGNATURE, json -> object(json, "header").remove("signature"));
  }

  @Test
  void protectorUnderAnotherGrant() throws Exception {
    Grant other = Parties.grant(OWNER, HGS.guardian(), OTHER_HGS.guardian());
    try (KeyProtector.Created created =
        KeyProtector.createForShieldingData(other, OWNER.keys(), RANDOM, ARENA)) {
      refusedAfter(
          Code.GRANT_MISMATCH, json -> json.set("protector", created.protector().toJson()));
    }
  }

  @Test
  void protectorOfAVm() throws Exception {
    try (KeyProtector.Created vm = Parties.vmProtector()) {
      refusedAfter(
          Code.GENERATION_MISMATCH, json -> json.set("protector", vm.protector().toJson()));
    }
  }

  @Test
  void idExchangedByTheOwnerHerself() throws Exception {
    ObjectNode json = tree(genuine.toBytes());
    forge(
        object(json, "header"),
        OWNER.keys(),
        header -> header.put("id", UUID.randomUUID().toString()));
    ShieldingData altered = ShieldingData.parse(Json.bytes(json));
    try (SecretBytes key = altered.protector().open(OWNER.keys(), ARENA)) {
      refused(Code.PAYLOAD_ALTERED, () -> altered.open(key, ARENA));
    }
  }

  @Test
  void headerThatIsNotTheFormats() {
    for (String version : List.of("1.", ".1", "01", "1.2.3.4.5.6.7", "1-rc", "9999999999")) {
      refusedAfter(Code.MALFORMED, header(h -> object(h, "template").put("version", version)));
    }
    refusedAfter(Code.MALFORMED, header(h -> object(h, "template").put("rule", "at-most")));
    refusedAfter(Code.MALFORMED, header(h -> h.put("more", 1)));
    refusedAfter(
        Code.UNKNOWN_FORMAT, header(h -> h.put("format", "shieldwall-shielding-header-2")));
    refusedAfter(Code.UNKNOWN_FORMAT, json -> json.put("format", "shieldwall-shielding-data-2"));
    refused(Code.TOO_LARGE, () -> ShieldingData.parse(new byte[ShieldingData.MAX_BYTES + 1]));
  }

  @Test
  void tooMuchForOneDocumentIsRefusedWhenItIsMade() {
    refused(
        Code.TOO_LARGE,
        () ->
            ShieldingData.create(
                GRANT,
                OWNER.keys(),
                TEMPLATE,
                List.of(new SeedFile("user-data", SecretBytes.takeFrom(ARENA, new byte[6 << 20]))),
                NOW,
                RANDOM));
  }

  // The plaintext.

  @Test
  void plaintextIsTheJsonOfTheFormat() throws Exception {
    byte[] written = SeedFiles.write(List.of(file("user-data", "a"), file("meta-data", "bc")));
    assertThat(new String(written, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"files\":[{\"name\":\"user-data\",\"content\":\"YQ\"},"
                + "{\"name\":\"meta-data\",\"content\":\"YmM\"}]}");
    assertThat(SeedFiles.read(written, ARENA)).extracting(SeedFile::name).hasSize(2);
  }

  @Test
  void plaintextInAnyOtherFormIsRefusedWithoutQuotingIt() {
    String one = "{\"name\":\"a\",\"content\":\"aHVudGVyMg\"}";
    for (String text :
        List.of(
            "",
            "{}",
            "{\"files\":[]}",
            "{\"files\":[" + one + "]} ",
            "{\"files\":[" + one + "],\"more\":1}",
            "{\"files\":[" + one + "," + one + "]}",
            "{\"files\":[" + one + ",]}",
            "{\"files\":[" + one,
            "{\"files\": [" + one + "]}",
            "{\"files\":[" + one.replace("\"a\"", "\"../a\"") + "]}",
            "{\"files\":[" + one.replace("\"a\"", "\".a\"") + "]}",
            "{\"files\":[" + one.replace("\"a\"", "\"\"") + "]}",
            "{\"files\":[" + one.replace("\"a\"", "\"" + "a".repeat(65) + "\"") + "]}",
            "{\"files\":[" + one.replace("aHVudGVyMg", "") + "]}",
            "{\"files\":[" + one.replace("aHVudGVyMg", "aHVudGVyMh") + "]}",
            "{\"files\":[" + one.replace("aHVudGVyMg", "aHVudGVy\\u004dg") + "]}")) {
      ProtectorException refusal =
          Assertions.catchThrowableOfType(
              ProtectorException.class,
              () -> SeedFiles.read(text.getBytes(StandardCharsets.UTF_8), ARENA));
      assertThat(refusal).as(text).isNotNull();
      assertThat(refusal.code()).isEqualTo(Code.MALFORMED);
      assertThat(refusal.detail()).doesNotContain("aHVudGVy");
    }
  }

  @Test
  void filesThatCannotBeWritten() {
    assertThatThrownBy(() -> SeedFiles.write(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SeedFiles.write(List.of(file("a", "x"), file("A", "y"))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() ->
            SeedFiles.write(IntStream.range(0, 33).mapToObj(i -> file("f" + i, "x")).toList()))
        .isInstanceOf(IllegalArgumentException.class);
    for (String name : List.of("", "a/b", "..", "-rf", "ä", "a b")) {
      assertThatThrownBy(() -> file(name, "x")).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static Consumer<ObjectNode> header(Consumer<ObjectNode> change) {
    return json -> forge(object(json, "header"), OWNER.keys(), change);
  }

  private void refusedAfter(Code code, Consumer<ObjectNode> change) {
    ObjectNode json = tree(genuine.toBytes());
    change.accept(json);
    refused(code, () -> ShieldingData.parse(Json.bytes(json)));
  }

  private static SeedFile file(String name, String content) {
    return new SeedFile(name, secret(content));
  }

  private static String text(SeedFile file) {
    return file.content()
        .expose(
            SecretAccess.because("a test compares"),
            bytes -> new String(bytes, StandardCharsets.UTF_8));
  }

  private static ShieldingData create() {
    try {
      return ShieldingData.create(
          GRANT,
          OWNER.keys(),
          TEMPLATE,
          List.of(file("user-data", SECRET), file("meta-data", "instance-id: 1")),
          NOW,
          RANDOM);
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }
}
