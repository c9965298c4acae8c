package org.shieldwall.protector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.shieldwall.protector.Parties.NOW;
import static org.shieldwall.protector.Parties.OWNER;
import static org.shieldwall.protector.Parties.RANDOM;
import static org.shieldwall.protector.Parties.STRANGER;
import static org.shieldwall.protector.Parties.alter;
import static org.shieldwall.protector.Parties.forge;
import static org.shieldwall.protector.Parties.object;
import static org.shieldwall.protector.Parties.refused;
import static org.shieldwall.protector.Parties.tree;

import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.TemplateRequirement.Rule;
import org.shieldwall.protector.VolumeSignatureCatalog.SecureBoot;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class VolumeSignatureCatalogTest {
  private static final GuardianKey SIGNER = Parties.holder("Template builders");
  private static final UUID ROOT = UUID.fromString("4f68bce3-e8cd-4db1-96e7-fbcaf984b709");
  private static final int BLOCK = SignedPartition.BLOCK_BYTES;

  private final VolumeSignatureCatalog genuine = sign("12.5.1");

  @Test
  void readerSeesWhatTheSignerSigned() throws Exception {
    VolumeSignatureCatalog read = VolumeSignatureCatalog.parse(genuine.toBytes());

    assertThat(read.name()).isEqualTo("debian");
    assertThat(read.version()).hasToString("12.5.1");
    assertThat(read.created()).isEqualTo(NOW);
    assertThat(read.signer().id()).isEqualTo(SIGNER.guardian().id());
    assertThat(read.digest()).isEqualTo(genuine.digest());
    assertThat(read.secureBoot().db()).hasSize(1);
    assertThat(read.secureBoot().dbx().getFirst()).hasSize(32);
    SignedPartition root = read.partitions().get(1);
    assertThat(root.index()).isEqualTo(2);
    assertThat(root.type()).isEqualTo(ROOT);
    assertThat(root.label()).isEqualTo("root");
    assertThat(root.length()).isEqualTo(2L * BLOCK + 512);
    assertThat(root.blockCount()).isEqualTo(3);
    assertThat(root.blockLength(0)).isEqualTo(BLOCK);
    assertThat(root.blockLength(2)).isEqualTo(512);
    assertThat(root.matches(1, blockDigest(1))).isTrue();
    assertThat(root.matches(1, blockDigest(2))).isFalse();
    assertThat(root.block(2)).isEqualTo(blockDigest(2));
    assertThatThrownBy(() -> root.block(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> root.blockLength(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void blockDigestExchanged() {
    refusedAfter(
        Code.FOREIGN_SIGNATURE,
        json ->
            alter(
                json,
                payload -> {
                  ArrayNode blocks = (ArrayNode) payload.get("partitions").get(1).get("blocks");
                  blocks.set(0, blocks.get(1));
                }));
  }

  @Test
  void signedBySomebodyElseInTheSignersName() {
    refusedAfter(Code.FOREIGN_SIGNATURE, json -> forge(json, STRANGER.keys(), payload -> {}));
  }

  @Test
  void signedBySomebodyElseInHisOwnNameIsNotTheTemplateAskedFor() throws Exception {
    ObjectNode json = tree(genuine.toBytes());
    forge(json, STRANGER.keys(), payload -> payload.set("signer", STRANGER.guardian().toJson()));
    VolumeSignatureCatalog foreign = VolumeSignatureCatalog.parse(Json.bytes(json));
    refused(Code.TEMPLATE_MISMATCH, () -> requirement(Rule.AT_LEAST, "12").require(foreign));
  }

  @Test
  void blocksThatDoNotCoverThePartition() {
    refusedAfter(Code.MALFORMED, root(p -> ((ArrayNode) p.get("blocks")).remove(2)));
    refusedAfter(Code.MALFORMED, root(p -> ((ArrayNode) p.get("blocks")).add("00".repeat(32))));
    refusedAfter(Code.MALFORMED, root(p -> p.put("length", 3L * BLOCK + 512)));
    refusedAfter(Code.MALFORMED, root(p -> p.put("length", 2L * BLOCK + 511)));
    refusedAfter(Code.MALFORMED, root(p -> p.put("length", 0)));
    refusedAfter(Code.MALFORMED, root(p -> p.put("length", -512)));
    // A length that would need an array larger than any.
    refusedAfter(Code.MALFORMED, root(p -> p.put("length", Json.MAX_NUMBER)));
    refusedAfter(Code.MALFORMED, root(p -> p.put("length", 1L << 40)));
    refusedAfter(Code.MALFORMED, root(p -> ((ArrayNode) p.get("blocks")).set(0, "AA")));
  }

  @Test
  void partitionsOutOfOrderTwiceOrNone() {
    refusedAfter(Code.MALFORMED, root(p -> p.put("index", 1)));
    refusedAfter(Code.MALFORMED, root(p -> p.put("index", 0)));
    refusedAfter(Code.MALFORMED, root(p -> p.put("index", 129)));
    refusedAfter(Code.MALFORMED, payload(p -> p.putArray("partitions")));
  }

  @Test
  void otherBlockSizesVersionsOrMembers() {
    refusedAfter(Code.MALFORMED, payload(p -> p.put("blockSize", 4096)));
    refusedAfter(Code.MALFORMED, payload(p -> p.put("version", "12.x")));
    refusedAfter(Code.MALFORMED, payload(p -> p.put("more", 1)));
    refusedAfter(Code.MALFORMED, payload(p -> object(p, "secureBoot").putArray("db")));
    refusedAfter(Code.MALFORMED, payload(p -> object(p, "secureBoot").putArray("dbx").add("abcd")));
    refusedAfter(Code.UNKNOWN_FORMAT, payload(p -> p.put("format", "shieldwall-catalog-2")));
  }

  @Test
  void requirementComparesSignerNameAndVersion() throws Exception {
    requirement(Rule.EQUALS, "12.5.1").require(genuine);
    requirement(Rule.EQUALS, "12.5.1.0").require(genuine);
    for (String version : List.of("12.5.1", "12.5", "12", "12.4.99", "2.100")) {
      requirement(Rule.AT_LEAST, version).require(genuine);
    }
    for (String version : List.of("12.5.2", "12.10", "13", "12.5.1.1", "100")) {
      refused(Code.TEMPLATE_MISMATCH, () -> requirement(Rule.AT_LEAST, version).require(genuine));
    }
    for (String version : List.of("12.5", "12.5.2", "12.5.0")) {
      refused(Code.TEMPLATE_MISMATCH, () -> requirement(Rule.EQUALS, version).require(genuine));
    }
    refused(
        Code.TEMPLATE_MISMATCH,
        () ->
            new TemplateRequirement(
                    SIGNER.guardian().id(), "Debian", Rule.AT_LEAST, TemplateVersion.of("1"))
                .require(genuine));
    refused(
        Code.TEMPLATE_MISMATCH,
        () ->
            new TemplateRequirement(
                    OWNER.guardian().id(), "debian", Rule.AT_LEAST, TemplateVersion.of("1"))
                .require(genuine));
  }

  @Test
  void largeTemplateStaysWithinItsSize() throws Exception {
    long length = 32L << 30;
    byte[] blocks = new byte[(int) (length / BLOCK) * 32];
    SignedPartition large = SignedPartition.of(1, ROOT, "root", length, blocks);
    VolumeSignatureCatalog catalog = sign("1", List.of(large));
    assertThat(catalog.toBytes().length).isLessThan(VolumeSignatureCatalog.MAX_BYTES);
    assertThat(VolumeSignatureCatalog.parse(catalog.toBytes()).partitions().getFirst().blockCount())
        .isEqualTo(32_768);
  }

  @Test
  void whatDoesNotFitIsRefusedWhenItIsSigned() {
    SignedPartition huge = SignedPartition.of(1, ROOT, "root", 1L << 40, new byte[(1 << 20) * 32]);
    assertThatThrownBy(() -> sign("1", List.of(huge)))
        .cause()
        .isInstanceOfSatisfying(
            ProtectorException.class, e -> assertThat(e.code()).isEqualTo(Code.TOO_LARGE));
    assertThatThrownBy(() -> SignedPartition.of(1, ROOT, "root", 512, new byte[64]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SignedPartition.of(0, ROOT, "root", 512, new byte[32]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SignedPartition.of(1, ROOT, "root", 513, new byte[64]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static TemplateRequirement requirement(Rule rule, String version) {
    return new TemplateRequirement(
        SIGNER.guardian().id(), "debian", rule, TemplateVersion.of(version));
  }

  private static byte[] blockDigest(int block) {
    return Digest.of(new byte[] {(byte) block}).bytes();
  }

  private static VolumeSignatureCatalog sign(String version) {
    byte[] blocks = new byte[96];
    for (int i = 0; i < 3; i++) {
      System.arraycopy(blockDigest(i), 0, blocks, 32 * i, 32);
    }
    return sign(
        version,
        List.of(
            SignedPartition.of(1, UUID.randomUUID(), "", 512, blockDigest(9)),
            SignedPartition.of(2, ROOT, "root", 2L * BLOCK + 512, blocks)));
  }

  private static VolumeSignatureCatalog sign(String version, List<SignedPartition> partitions) {
    try {
      return VolumeSignatureCatalog.sign(
          "debian",
          TemplateVersion.of(version),
          partitions,
          new SecureBoot(List.of(new byte[] {0x30, 0}), List.of(blockDigest(7))),
          SIGNER.guardian(),
          SIGNER.keys(),
          NOW,
          RANDOM);
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }

  /** A change that the signer signs. */
  private static Consumer<ObjectNode> payload(Consumer<ObjectNode> change) {
    return json -> forge(json, SIGNER.keys(), change);
  }

  private static Consumer<ObjectNode> root(Consumer<ObjectNode> change) {
    return payload(p -> change.accept((ObjectNode) p.get("partitions").get(1)));
  }

  private void refusedAfter(Code code, Consumer<ObjectNode> change) {
    ObjectNode json = tree(genuine.toBytes());
    change.accept(json);
    refused(code, () -> VolumeSignatureCatalog.parse(Json.bytes(json)));
  }
}
