package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.shieldwall.disk.Progress;
import org.shieldwall.disk.catalog.CatalogHasher;
import org.shieldwall.protector.Grant;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.IngressEgress;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.Lease;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.Release;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.ReleaseTerms;
import org.shieldwall.protector.ReleasedHost;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.ShieldingData;
import org.shieldwall.protector.TemplateRequirement;
import org.shieldwall.protector.TemplateVersion;
import org.shieldwall.protector.VmReport;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import tools.jackson.databind.JsonNode;

/**
 * An owner, a template signer and a key protection service that asks no questions: what it says of
 * the host it has been told.
 */
final class TestService {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final SecretArena ARENA = SecretArena.plain();

  private final PrivateKeySet ownerKeys = PrivateKeySet.generate(RANDOM);
  private final PrivateKeySet guardianKeys = PrivateKeySet.generate(RANDOM);
  private final PrivateKeySet signerKeys = PrivateKeySet.generate(RANDOM);
  private final Guardian signer;
  private final Grant grant;
  private final ReleasedHost host;

  TestService(ReleasedHost host) throws ProtectorException {
    this(host, OwnerPolicy.shielded());
  }

  TestService(ReleasedHost host, OwnerPolicy policy) throws ProtectorException {
    this.host = host;
    signer = Guardian.create("signer", NOW, signerKeys, RANDOM);
    grant =
        Grant.issue(
            Guardian.create("owner", NOW, ownerKeys, RANDOM),
            ownerKeys,
            List.of(Guardian.create("service", NOW, guardianKeys, RANDOM)),
            policy,
            NOW,
            RANDOM);
  }

  VolumeSignatureCatalog catalog(Path template, Path certificate) throws Exception {
    try (FileChannel channel = FileChannel.open(template)) {
      return VolumeSignatureCatalog.sign(
          "demonstration",
          TemplateVersion.of("1.0.0"),
          CatalogHasher.hash(channel, Progress.SILENT),
          new VolumeSignatureCatalog.SecureBoot(List.of(der(certificate)), List.of()),
          signer,
          signerKeys,
          NOW,
          RANDOM);
    }
  }

  private static byte[] der(Path pem) throws IOException, CertificateException {
    try (var in = Files.newInputStream(pem)) {
      return ((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in))
          .getEncoded();
    }
  }

  ShieldingData shieldingData(Map<String, String> files) throws ProtectorException {
    List<SeedFile> seed = new ArrayList<>();
    files.forEach((name, content) ->
        seed.add(
            new SeedFile(
                name, SecretBytes.takeFrom(ARENA, content.getBytes(StandardCharsets.UTF_8)))));
    return ShieldingData.create(
        grant,
        ownerKeys,
        new TemplateRequirement(
            signer.id(),
            "demonstration",
            TemplateRequirement.Rule.AT_LEAST,
            TemplateVersion.of("1.0.0")),
        seed,
        NOW,
        RANDOM);
  }

  /** Answers a report as is wanted. */
  JsonNode lease(JsonNode report, JsonNode enclave, Lease.Standing standing, Duration time)
      throws ProtectorException {
    KeySet keys = KeySet.fromJson(Json.of(enclave, "enclave"));
    VmReport asked = VmReport.verify(Json.of(report, "report"), keys);
    return Lease.sign(asked, standing, time, guardianKeys, RANDOM).toJson();
  }

  /** {@return the protector of a VM that this service has just released for the first time} */
  KeyProtector provisioned() throws ProtectorException {
    try (IngressEgress first =
        shieldingData(Map.of("user-data", "nothing"))
            .protector()
            .provision(UUID.randomUUID(), guardianKeys, RANDOM, ARENA)) {
      return first.next();
    }
  }

  /** Releases whatever is asked for, to whoever asks. */
  JsonNode release(JsonNode request, JsonNode enclave, KeyProtector protector)
      throws ProtectorException {
    return release(request, enclave, protector, host);
  }

  /**
   * The same to another host.
   *
   * @param there what was verified of it
   */
  JsonNode release(JsonNode request, JsonNode enclave, KeyProtector protector, ReleasedHost there)
      throws ProtectorException {
    KeySet keys = KeySet.fromJson(Json.of(enclave, "enclave"));
    ReleaseRequest asked = ReleaseRequest.verify(Json.of(request, "request"), keys, protector);
    try (IngressEgress rolled =
        protector.vm().isPresent()
            ? protector.roll(guardianKeys, RANDOM, ARENA)
            : protector.provision(UUID.randomUUID(), guardianKeys, RANDOM, ARENA)) {
      IngressEgress told = rolled.with(ReleaseTerms.usual(there));
      return Release.seal(asked, keys, told, RANDOM, ARENA).toJson();
    }
  }
}
