package org.shieldwall.disk;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import org.shieldwall.protector.Guardian;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SignedPartition;
import org.shieldwall.protector.TemplateVersion;
import org.shieldwall.protector.VolumeSignatureCatalog;

/** Catalogs really signed, by a signer made for the test. */
public final class TestCatalog {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final PrivateKeySet KEYS = PrivateKeySet.generate(RANDOM);

  private TestCatalog() {}

  /** {@return a signed catalog of these partitions} */
  public static VolumeSignatureCatalog of(List<SignedPartition> partitions) {
    try {
      return VolumeSignatureCatalog.sign(
          "debian-12",
          TemplateVersion.of("1.0"),
          partitions,
          new VolumeSignatureCatalog.SecureBoot(List.of(new byte[] {1}), List.of()),
          Guardian.create("template signer", NOW, KEYS, RANDOM),
          KEYS,
          NOW,
          RANDOM);
    } catch (ProtectorException e) {
      throw new AssertionError(e);
    }
  }
}
