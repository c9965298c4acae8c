package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protector.SignedPartition;
import org.shieldwall.protector.TemplateRequirement;
import org.shieldwall.protector.TemplateVersion;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/** The sealed and signed documents. */
final class DocumentTargets {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final PrivateKeySet OWNER_KEYS = PrivateKeySet.generate(RANDOM);
  private static final PrivateKeySet SERVICE_KEYS = PrivateKeySet.generate(RANDOM);

  private DocumentTargets() {}

  /** Makes a document. */
  private interface Maker {
    byte[] make() throws ProtectorException;
  }

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "json",
            () -> Seeds.texts("{\"a\":[1,\"\\u00e9\",null,true],\"b\":{}}"),
            DocumentTargets::json,
            ProtectorException.class),
        FuzzTarget.of(
            "guardian",
            () -> List.of(made(() -> owner().toBytes())),
            input -> {
              byte[] printed = Guardian.parse(input).toBytes();
              require(Guardian.parse(printed) != null, "a guardian reads as printed");
            },
            ProtectorException.class),
        FuzzTarget.of(
            "key-set",
            () -> Seeds.texts(HealthSeeds.KEYS),
            input -> {
              KeySet read = KeySet.fromJson(Json.parse(input, "keys", 64 << 10));
              byte[] printed = Json.bytes(read.toJson());
              require(
                  KeySet.fromJson(Json.parse(printed, "keys", 64 << 10)).equals(read),
                  "keys read as printed");
            },
            ProtectorException.class),
        FuzzTarget.of(
            "key-protector",
            () -> List.of(made(() -> protector().toBytes())),
            input -> {
              KeyProtector read = KeyProtector.parse(input);
              require(
                  KeyProtector.parse(read.toBytes()).generation() == read.generation(),
                  "a protector reads as printed");
            },
            ProtectorException.class),
        FuzzTarget.of(
            "shielding-data",
            () -> List.of(made(DocumentTargets::shieldingData)),
            input -> ShieldingData.parse(ShieldingData.parse(input).toBytes()),
            ProtectorException.class),
        FuzzTarget.of(
            "catalog",
            () -> List.of(made(DocumentTargets::catalog)),
            input -> VolumeSignatureCatalog.parse(VolumeSignatureCatalog.parse(input).toBytes()),
            ProtectorException.class),
        FuzzTarget.of(
            "release",
            () -> List.of(made(DocumentTargets::release)),
            input -> Release.parse(Release.parse(input).toBytes()),
            ProtectorException.class),
        FuzzTarget.of(
            "release-request",
            () -> List.of(made(DocumentTargets::request)),
            input ->
                ReleaseRequest.verify(
                    Json.parse(input, "request", ReleaseRequest.MAX_BYTES),
                    HealthSeeds.ENCLAVE.publicKeys(),
                    Subject.PROTECTOR),
            ProtectorException.class));
  }

  /** A document that requests are about. */
  private static final class Subject {
    static final KeyProtector PROTECTOR = made();

    private static KeyProtector made() {
      try {
        return protector();
      } catch (ProtectorException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void json(byte[] input) throws ProtectorException {
    Json json = Json.parse(input, "document", 64 << 10);
    byte[] printed = Json.bytes(json.node());
    require(
        Json.parse(printed, "document", 1 << 20).node().equals(json.node()),
        "JSON reads as printed");
  }

  private static byte[] made(Maker maker) {
    try {
      return maker.make();
    } catch (ProtectorException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Guardian owner() throws ProtectorException {
    return Guardian.create("Owner", NOW, OWNER_KEYS, RANDOM);
  }

  private static Grant grant() throws ProtectorException {
    Guardian service = Guardian.create("HGS", NOW, SERVICE_KEYS, RANDOM);
    return Grant.issue(owner(), OWNER_KEYS, List.of(service), OwnerPolicy.shielded(), NOW, RANDOM);
  }

  private static KeyProtector protector() throws ProtectorException {
    try (KeyProtector.Created created =
        KeyProtector.createForVm(
            grant(), new UUID(1, 2), OWNER_KEYS, RANDOM, SecretArena.plain())) {
      return created.protector();
    }
  }

  private static byte[] shieldingData() throws ProtectorException {
    TemplateRequirement template =
        new TemplateRequirement(
            owner().id(), "debian", TemplateRequirement.Rule.EQUALS, TemplateVersion.of("12.5"));
    try (SeedFile file =
        new SeedFile("user-data", SecretBytes.random(SecretArena.plain(), 32, RANDOM))) {
      return ShieldingData.create(grant(), OWNER_KEYS, template, List.of(file), NOW, RANDOM)
          .toBytes();
    }
  }

  private static byte[] catalog() throws ProtectorException {
    return VolumeSignatureCatalog.sign(
            "debian",
            TemplateVersion.of("12.5"),
            List.of(SignedPartition.of(1, new UUID(3, 4), "root", 1 << 20, new byte[32])),
            new VolumeSignatureCatalog.SecureBoot(List.of(new byte[] {0x30, 0}), List.of()),
            owner(),
            OWNER_KEYS,
            NOW,
            RANDOM)
        .toBytes();
  }

  private static byte[] request() throws ProtectorException {
    return Json.bytes(
        ReleaseRequest.create(
                ReleaseRequest.Purpose.START, Subject.PROTECTOR, HealthSeeds.ENCLAVE, RANDOM)
            .request()
            .toJson());
  }

  private static byte[] release() throws ProtectorException {
    var pending =
        ReleaseRequest.create(
            ReleaseRequest.Purpose.START, Subject.PROTECTOR, HealthSeeds.ENCLAVE, RANDOM);
    try (var rolled = Subject.PROTECTOR.roll(SERVICE_KEYS, RANDOM, SecretArena.plain())) {
      return Release.seal(
              pending.request(),
              HealthSeeds.ENCLAVE.publicKeys(),
              rolled,
              RANDOM,
              SecretArena.plain())
          .toBytes();
    }
  }
}
