package org.shieldwall.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.List;
import org.shieldwall.disk.catalog.CatalogHasher;
import org.shieldwall.disk.catalog.TemplateImage;
import org.shieldwall.protector.SeedFile;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;

/** One template, its catalog and an owner's files, for tests of provisioning. */
final class Orders {
  static final byte[] IMAGE = TemplateImage.bytes();
  static final VolumeSignatureCatalog CATALOG = catalog(IMAGE);
  static final String OWNERS_SECRET = "the owner's words, on the encrypted disk alone";

  private Orders() {}

  static VolumeSignatureCatalog catalog(byte[] image) {
    try {
      return TestCatalog.of(CatalogHasher.hash(new MemoryChannel(image), Progress.SILENT));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static List<SeedFile> seed() {
    return List.of(
        seedFile("meta-data", "instance-id: one\n"), seedFile("user-data", OWNERS_SECRET));
  }

  static SeedFile seedFile(String name, String text) {
    return new SeedFile(name, SecretBytes.takeFrom(SecretArena.plain(), text.getBytes(UTF_8)));
  }

  static DiskOrder of(MemoryChannel template, Path folder, long diskBytes) {
    return new DiskOrder(template, CATALOG, folder, diskBytes, seed());
  }
}
