package org.shieldwall.cli.hgs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.tpm.MalformedException;

/** TPM makers' certificates in a file, or in a folder as makers and others publish them. */
final class MakerCertificates {
  private static final int MOST_FILES = 4096;
  private static final int DEEPEST = 4;
  private static final List<String> ENDINGS = List.of(".pem", ".crt", ".cer", ".der");

  private MakerCertificates() {}

  /** {@return every certificate of a file, or of the files in a folder and the folders in it} */
  static List<UntrustedCertificate> read(Path path) {
    if (!Files.isDirectory(path)) {
      return file(path);
    }
    List<UntrustedCertificate> found = new ArrayList<>();
    for (Path each : files(path)) {
      found.addAll(file(each));
    }
    if (found.isEmpty()) {
      throw new Failure(
          path + " holds no certificates",
          "their names end in .pem .crt .cer or .der",
          Failure.ENVIRONMENT);
    }
    return found;
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> all = Files.walk(folder, DEEPEST)) {
      List<Path> files =
          all.filter(MakerCertificates::isOne).sorted().limit(MOST_FILES + 1L).toList();
      if (files.size() > MOST_FILES) {
        throw new Failure(
            folder + " holds more than " + MOST_FILES + " certificates",
            "name the folder of one maker",
            Failure.MALFORMED);
      }
      return files;
    } catch (IOException e) {
      throw InputFile.unreadable(folder, e);
    }
  }

  private static boolean isOne(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file) && ENDINGS.stream().anyMatch(name::endsWith);
  }

  /** {@return the certificates of one file} */
  static List<UntrustedCertificate> file(Path file) {
    try {
      return CertificateFile.parse(InputFile.read(file, CertificateFile.MAXIMUM_SIZE));
    } catch (MalformedException e) {
      throw Failure.malformed(
          file + " holds no certificate that reads", e, "give PEM or DER; nothing was added");
    }
  }
}
