package org.shieldwall.protector;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a template's disk must hold, block by block, and the Secure Boot keys it boots under; signed
 * by the template signer. An instance has been verified. Whether that signer is one to trust is for
 * {@link TemplateRequirement#require}.
 */
public final class VolumeSignatureCatalog {
  public static final String FORMAT = "shieldwall-catalog-1";
  public static final int MAX_BYTES = 64 << 20;
  private static final int MAX_PARTITIONS = 16;

  /** What fits the size: 64 digits, two quotation marks and a comma each, then base64url. */
  private static final long MAX_BLOCKS = MAX_BYTES / 4L * 3 / 67;

  private static final int MAX_CERTIFICATES = 16;
  private static final int MAX_CERTIFICATE = 8 << 10;
  private static final int MAX_FORBIDDEN = 2048;

  /**
   * The Secure Boot variables that a VM of this template gets.
   *
   * @param db DER certificates whose signatures boot
   * @param dbx SHA-256 digests of images that do not
   */
  public record SecureBoot(List<byte[]> db, List<byte[]> dbx) {
    public SecureBoot {
      db = db.stream().map(byte[]::clone).toList();
      dbx = dbx.stream().map(byte[]::clone).toList();
    }
  }

  private final String name;
  private final TemplateVersion version;
  private final Instant created;
  private final Guardian signer;
  private final List<SignedPartition> partitions;
  private final SecureBoot secureBoot;
  private final Jws document;

  private VolumeSignatureCatalog(
      String name,
      TemplateVersion version,
      Instant created,
      Guardian signer,
      List<SignedPartition> partitions,
      SecureBoot secureBoot,
      Jws document) {
    this.name = name;
    this.version = version;
    this.created = created;
    this.signer = signer;
    this.partitions = List.copyOf(partitions);
    this.secureBoot = secureBoot;
    this.document = document;
  }

  /**
   * {@return a signed catalog}
   *
   * @param partitions 1 to 16, in the order of their numbers
   * @param signerKeys the private keys of {@code signer}
   * @throws ProtectorException if it would not be accepted when read
   */
  public static VolumeSignatureCatalog sign(
      String name,
      TemplateVersion version,
      List<SignedPartition> partitions,
      SecureBoot secureBoot,
      Guardian signer,
      PrivateKeySet signerKeys,
      Instant created,
      SecureRandom random)
      throws ProtectorException {
    long blocks = partitions.stream().mapToLong(SignedPartition::blockCount).sum();
    if (blocks > MAX_BLOCKS) {
      throw new ProtectorException(
          Code.TOO_LARGE, "a catalog has at most " + MAX_BLOCKS + " blocks of 1 MiB");
    }
    ObjectNode payload =
        Json.object()
            .put("format", FORMAT)
            .put("name", name)
            .put("version", version.toString())
            .put("created", created.truncatedTo(ChronoUnit.SECONDS).toString());
    payload.set("signer", signer.toJson());
    payload.put("blockSize", SignedPartition.BLOCK_BYTES);
    ArrayNode list = payload.putArray("partitions");
    partitions.forEach(partition -> list.add(partition.toJson()));
    ObjectNode boot = payload.putObject("secureBoot");
    ArrayNode db = boot.putArray("db");
    secureBoot.db().forEach(certificate -> db.add(B64u.encode(certificate)));
    ArrayNode dbx = boot.putArray("dbx");
    secureBoot.dbx().forEach(digest -> dbx.add(HexFormat.of().formatHex(digest)));
    return parse(Json.bytes(Jws.sign(FORMAT, payload, signerKeys, random).toJson()));
  }

  /** Reads and verifies a whole document. */
  public static VolumeSignatureCatalog parse(byte[] bytes) throws ProtectorException {
    return fromJson(Json.parse(bytes, "volume signature catalog", MAX_BYTES));
  }

  /** Reads and verifies a catalog that stands inside another document. */
  public static VolumeSignatureCatalog fromJson(Json json) throws ProtectorException {
    Jws document = Jws.untrusted(json, FORMAT, MAX_BYTES);
    Json payload =
        document
            .untrustedPayload()
            .members(
                "format",
                "name",
                "version",
                "created",
                "signer",
                "blockSize",
                "partitions",
                "secureBoot");
    Guardian signer = Guardian.fromJson(payload.at("signer"));
    document.verify(signer.keys().signing());
    payload.at("blockSize").number(SignedPartition.BLOCK_BYTES, SignedPartition.BLOCK_BYTES);
    return new VolumeSignatureCatalog(
        payload.at("name").text(Guardian.MAX_NAME),
        TemplateVersion.fromJson(payload.at("version")),
        payload.at("created").time(),
        signer,
        partitions(payload.at("partitions")),
        secureBoot(payload.at("secureBoot")),
        document);
  }

  private static List<SignedPartition> partitions(Json json) throws ProtectorException {
    List<SignedPartition> partitions = new ArrayList<>();
    int last = 0;
    for (Json element : json.list(1, MAX_PARTITIONS)) {
      SignedPartition partition = SignedPartition.fromJson(element);
      if (partition.index() <= last) {
        throw element.malformed("partitions in rising order", "number " + partition.index());
      }
      last = partition.index();
      partitions.add(partition);
    }
    return partitions;
  }

  private static SecureBoot secureBoot(Json json) throws ProtectorException {
    json.members("db", "dbx");
    List<byte[]> db = new ArrayList<>();
    for (Json certificate : json.at("db").list(1, MAX_CERTIFICATES)) {
      db.add(certificate.bytes(1, MAX_CERTIFICATE));
    }
    List<byte[]> dbx = new ArrayList<>();
    for (Json digest : json.at("dbx").list(0, MAX_FORBIDDEN)) {
      dbx.add(digest.hex(Digest.BYTES));
    }
    return new SecureBoot(db, dbx);
  }

  public String name() {
    return name;
  }

  public TemplateVersion version() {
    return version;
  }

  public Instant created() {
    return created;
  }

  public Guardian signer() {
    return signer;
  }

  /** {@return the partitions, in the order of their numbers} */
  public List<SignedPartition> partitions() {
    return partitions;
  }

  public SecureBoot secureBoot() {
    return secureBoot;
  }

  /** {@return SHA-256 of the payload's bytes} */
  public Digest digest() {
    return document.digest();
  }

  public ObjectNode toJson() {
    return document.toJson();
  }

  public byte[] toBytes() {
    return Json.bytes(toJson());
  }

  @Override
  public String toString() {
    return "VolumeSignatureCatalog[" + name + " " + version + ", signer " + signer.id() + "]";
  }
}
