package org.shieldwall.protector;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import org.shieldwall.protector.ProtectorException.Code;
import org.shieldwall.protector.secret.AesGcm;
import org.shieldwall.protector.secret.KeyLabel;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the owner gives for the making of VMs: a key protector of generation 0, the template asked
 * for, and the files that a new VM reads, encrypted under a key derived from the protector's. An
 * instance has been verified as far as that needs no private key.
 */
public final class ShieldingData {
  public static final String FORMAT = "shieldwall-shielding-data-1";
  public static final int MAX_BYTES = 8 << 20;
  private static final String HEADER_FORMAT = "shieldwall-shielding-header-1";
  private static final int MAX_HEADER = 4 << 10;

  private final KeyProtector protector;
  private final UUID id;
  private final Instant created;
  private final TemplateRequirement template;
  private final Jws header;
  private final byte[] payload;

  private ShieldingData(
      KeyProtector protector,
      UUID id,
      Instant created,
      TemplateRequirement template,
      Jws header,
      byte[] payload) {
    this.protector = protector;
    this.id = id;
    this.created = created;
    this.template = template;
    this.header = header;
    this.payload = payload;
  }

  /**
   * {@return new shielding data}
   *
   * @param grant what the VMs made from it are granted
   * @param owner the private keys of the grant's owner
   * @param files 1 to 32; they stay the caller's
   */
  public static ShieldingData create(
      Grant grant,
      PrivateKeySet owner,
      TemplateRequirement template,
      List<SeedFile> files,
      Instant created,
      SecureRandom random)
      throws ProtectorException {
    UUID id = RandomUuid.from(random);
    byte[] iv = new byte[AesGcm.IV_BYTES];
    random.nextBytes(iv);
    byte[] plaintext = SeedFiles.write(files);
    try (KeyProtector.Created made =
            KeyProtector.createForShieldingData(grant, owner, random, SecretArena.plain());
        SecretBytes key = made.transportKey().derive(KeyLabel.SHIELDING_DATA)) {
      byte[] sealed = AesGcm.seal(key, iv, associatedData(id), plaintext);
      byte[] payload = Arrays.copyOf(iv, iv.length + sealed.length);
      System.arraycopy(sealed, 0, payload, iv.length, sealed.length);
      ObjectNode header =
          Json.object()
              .put("format", HEADER_FORMAT)
              .put("id", id.toString())
              .put("created", created.truncatedTo(ChronoUnit.SECONDS).toString())
              .put("grant", grant.digest().text());
      header.set("template", template.toJson());
      header.put("payload", Digest.of(payload).text());
      ObjectNode json = Json.object().put("format", FORMAT);
      json.set("protector", made.protector().toJson());
      json.set("header", Jws.sign(HEADER_FORMAT, header, owner, random).toJson());
      json.put("payload", B64u.encode(payload));
      return parse(Json.bytes(json));
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }

  /** Reads and verifies a whole document. */
  public static ShieldingData parse(byte[] bytes) throws ProtectorException {
    return fromJson(Json.parse(bytes, "shielding data", MAX_BYTES));
  }

  /** Reads and verifies shielding data that stand inside another document. */
  public static ShieldingData fromJson(Json json) throws ProtectorException {
    json.format(FORMAT).members("format", "protector", "header", "payload");
    KeyProtector protector = KeyProtector.fromJson(json.at("protector"));
    if (protector.generation() != 0) {
      throw new ProtectorException(
          Code.GENERATION_MISMATCH,
          "shielding data with a protector of generation " + protector.generation());
    }
    Jws header = Jws.untrusted(json.at("header"), HEADER_FORMAT, MAX_HEADER);
    header.verify(protector.grant().owner().keys().signing());
    Json fields =
        header
            .untrustedPayload()
            .members("format", "id", "created", "grant", "template", "payload");
    if (!fields.at("grant").digest().equals(protector.grant().digest())) {
      throw new ProtectorException(
          Code.GRANT_MISMATCH, "the header names another grant than the protector's");
    }
    byte[] payload = json.at("payload").bytes(AesGcm.IV_BYTES + AesGcm.TAG_BYTES, MAX_BYTES);
    if (!fields.at("payload").digest().equals(Digest.of(payload))) {
      throw new ProtectorException(
          Code.PAYLOAD_ALTERED, "the payload is not the one that the owner signed");
    }
    return new ShieldingData(
        protector,
        fields.at("id").uuid(),
        fields.at("created").time(),
        TemplateRequirement.fromJson(fields.at("template")),
        header,
        payload);
  }

  /**
   * {@return the files}, for the caller to close.
   *
   * @param transportKey of the protector of generation 0: a release's ingress key
   * @throws ProtectorException {@code PAYLOAD_ALTERED} if they were not sealed under it
   */
  public List<SeedFile> open(SecretBytes transportKey, SecretArena arena)
      throws ProtectorException {
    byte[] iv = Arrays.copyOf(payload, AesGcm.IV_BYTES);
    byte[] sealed = Arrays.copyOfRange(payload, AesGcm.IV_BYTES, payload.length);
    byte[] plaintext;
    try (SecretBytes key = transportKey.derive(KeyLabel.SHIELDING_DATA)) {
      plaintext = AesGcm.open(key, iv, associatedData(id), sealed);
    } catch (AEADBadTagException e) {
      throw new ProtectorException(
          Code.PAYLOAD_ALTERED, "the files do not open with this transport key");
    }
    try {
      return SeedFiles.read(plaintext, arena);
    } finally {
      Arrays.fill(plaintext, (byte) 0);
    }
  }

  public KeyProtector protector() {
    return protector;
  }

  public UUID id() {
    return id;
  }

  public Instant created() {
    return created;
  }

  public TemplateRequirement template() {
    return template;
  }

  public ObjectNode toJson() {
    ObjectNode json = Json.object().put("format", FORMAT);
    json.set("protector", protector.toJson());
    json.set("header", header.toJson());
    return json.put("payload", B64u.encode(payload));
  }

  public byte[] toBytes() {
    return Json.bytes(toJson());
  }

  private static byte[] associatedData(UUID id) {
    return id.toString().getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String toString() {
    return "ShieldingData[" + id + ", " + protector + "]";
  }
}
