package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.hgs.policy.ImageManifestDocument;
import org.shieldwall.hgs.policy.PolicyFileReading;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.LeaseWord;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.RestoreGrant;
import org.shieldwall.protector.SignedDocument;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is signed and short: reports, leases, words, grants to restore, manifests. Each twice: as it
 * arrives, where an altered one is refused for its signature, and with a signature over whatever
 * the payload has become, as whoever holds the key could make it.
 */
final class SignedTargets {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private SignedTargets() {}

  /** Made when they are first asked for. */
  private static final class Made {
    static final PrivateKeySet OWNER = PrivateKeySet.generate(RANDOM);
    static final PrivateKeySet SERVICE = PrivateKeySet.generate(RANDOM);
    static final Guardian GUARDIAN = guardian("HGS", SERVICE);
    static final KeyProtector PROTECTOR = protector();
    static final VmReport REPORT =
        VmReport.sign(
            VmReport.Subject.of(PROTECTOR),
            VmReport.Event.RUNNING,
            Optional.empty(),
            1,
            HealthSeeds.ENCLAVE,
            RANDOM);
    static final ImageManifest MANIFEST =
        new ImageManifest(
            "appliance 7",
            List.of(Bytes.zeros(32)),
            List.of("quiet"),
            "lockdown=confidentiality",
            java.util.Set.of(Bytes.zeros(32)),
            java.util.Set.of(Check.NO_SWAP_OR_ENCRYPTED),
            java.util.Set.of(Bytes.zeros(32)));

    private static Guardian guardian(String name, PrivateKeySet keys) {
      try {
        return Guardian.create(name, NOW, keys, RANDOM);
      } catch (ProtectorException e) {
        throw new IllegalStateException(e);
      }
    }

    private static KeyProtector protector() {
      try (KeyProtector.Created created =
          KeyProtector.createForVm(
              Grant.issue(
                  guardian("Owner", OWNER),
                  OWNER,
                  List.of(GUARDIAN),
                  OwnerPolicy.shielded(),
                  NOW,
                  RANDOM),
              new UUID(1, 2),
              OWNER,
              RANDOM,
              SecretArena.plain())) {
        return created.protector();
      } catch (ProtectorException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Reads a document, signature and all. */
  private interface Reader {
    void read(byte[] document) throws ProtectorException;
  }

  static List<FuzzTarget> all() {
    return java.util.stream.Stream.of(
            twice(
                "vm-report",
                VmReport.FORMAT,
                () -> Made.REPORT.toJson(),
                () -> HealthSeeds.ENCLAVE,
                input ->
                    VmReport.verify(
                        Json.parse(input, "report", VmReport.MAX_BYTES),
                        HealthSeeds.ENCLAVE.publicKeys())),
            twice(
                "lease",
                Lease.FORMAT,
                () ->
                    Lease.sign(
                            Made.REPORT,
                            Lease.Standing.HELD,
                            Duration.ofHours(1),
                            Made.SERVICE,
                            RANDOM)
                        .toJson(),
                () -> Made.SERVICE,
                input ->
                    Lease.verify(
                        Json.parse(input, "lease", Lease.MAX_BYTES), Made.REPORT, Made.GUARDIAN)),
            twice(
                "lease-word",
                LeaseWord.FORMAT,
                () -> JsonMapper.shared().readTree(word().toBytes()),
                () -> Made.OWNER,
                input -> {
                  LeaseWord read = LeaseWord.untrusted(input);
                  require(
                      LeaseWord.untrusted(read.toBytes()).subject().equals(read.subject()),
                      "a word reads as printed");
                  read.requireBy(Made.guardian("Owner", Made.OWNER));
                }),
            twice(
                "restore-grant",
                RestoreGrant.FORMAT,
                () -> {
                  try {
                    return RestoreGrant.sign(
                            Made.PROTECTOR, Digest.of(new byte[] {1}), NOW, Made.OWNER, RANDOM)
                        .toJson();
                  } catch (ProtectorException e) {
                    throw new IllegalStateException(e);
                  }
                },
                () -> Made.OWNER,
                input ->
                    RestoreGrant.verify(
                        Json.parse(input, "restore grant", RestoreGrant.MAX_BYTES),
                        Made.PROTECTOR,
                        NOW)),
            twice(
                "image-manifest",
                "shieldwall-image-manifest-1",
                () ->
                    JsonMapper.shared()
                        .readTree(ImageManifestDocument.sign(Made.MANIFEST, Made.SERVICE, RANDOM)),
                () -> Made.SERVICE,
                SignedTargets::manifest))
        .flatMap(List::stream)
        .toList();
  }

  private static void manifest(byte[] input) throws ProtectorException {
    ECPublicKey signer = Made.SERVICE.publicKeys().signing();
    ImageManifest read = PolicyFileReading.manifest(input, signer);
    byte[] printed = ImageManifestDocument.sign(read, Made.SERVICE, RANDOM);
    require(
        PolicyFileReading.manifest(printed, signer).equals(read), "a manifest reads as printed");
  }

  private static LeaseWord word() {
    return LeaseWord.sign(
        new LeaseWord.Subject(
            new UUID(1, 2), Digest.of(new byte[] {1}), 1, HealthSeeds.ENCLAVE.id(), NOW),
        NOW,
        Made.OWNER,
        RANDOM);
  }

  private static List<FuzzTarget> twice(
      String name,
      String type,
      java.util.function.Supplier<JsonNode> genuine,
      java.util.function.Supplier<PrivateKeySet> signer,
      Reader reader) {
    return List.of(
        FuzzTarget.of(
            name, () -> List.of(Json.bytes(genuine.get())), reader::read, ProtectorException.class),
        FuzzTarget.of(
            name + "-signed",
            () -> List.of(payload(genuine.get())),
            input -> reader.read(signed(type, input, signer.get())),
            ProtectorException.class));
  }

  private static byte[] payload(JsonNode document) {
    return java.util.Base64.getUrlDecoder().decode(document.path("payload").asString());
  }

  /** What is no JSON object cannot be signed by the means at hand, and is refused here. */
  private static byte[] signed(String type, byte[] payload, PrivateKeySet by)
      throws ProtectorException {
    if (Json.parse(payload, "payload", 1 << 20).node() instanceof ObjectNode object) {
      return SignedDocument.sign(type, object, by, RANDOM);
    }
    throw new ProtectorException(ProtectorException.Code.MALFORMED, "payload: no object");
  }
}
