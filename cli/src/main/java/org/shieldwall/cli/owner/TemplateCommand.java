package org.shieldwall.cli.owner;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.HelpOption;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.cli.Progress;
import org.shieldwall.disk.DiskRefusedException;
import org.shieldwall.disk.catalog.CatalogHasher;
import org.shieldwall.disk.catalog.TemplateLayout;
import org.shieldwall.disk.catalog.VerifiedCopy;
import org.shieldwall.disk.gpt.Partition;
import org.shieldwall.disk.gpt.PartitionTable;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SignedPartition;
import org.shieldwall.protector.TemplateVersion;
import org.shieldwall.protector.VolumeSignatureCatalog;
import org.shieldwall.tpm.MalformedException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code owner template sign | check}. */
@Command(
    name = "template",
    description = "Sign a template disk, or check one against its catalog.",
    mixinStandardHelpOptions = true)
final class TemplateCommand implements Runnable {
  private static final int MAX_CERTIFICATE_FILE = 64 << 10;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "sign",
      description = "Hash a template disk and write its signed volume signature catalog.")
  void sign(
      @Mixin HelpOption help,
      @Parameters(paramLabel = "IMAGE", description = "A raw disk image with a GPT.") Path image,
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "The template's name; the same for all its versions.")
          String name,
      @Option(
              names = "--version",
              required = true,
              paramLabel = "VERSION",
              description = "Its version, like 1.2.3.")
          String version,
      @Option(
              names = "--secure-boot-certificate",
              required = true,
              paramLabel = "FILE",
              description =
                  "The one certificate (PEM or DER) that its boot image is signed with: VMs made"
                      + " from it boot nothing else.")
          List<Path> certificates,
      @Option(
              names = "--forbid",
              paramLabel = "HEX",
              description = "SHA-256 (Authenticode) of an image these VMs never boot: goes to dbx.")
          List<String> forbidden,
      @Option(
              names = "--signer",
              required = true,
              paramLabel = "FILE",
              description = "The private guardian file to sign with.")
          Path signer,
      @Mixin Unlocking unlocking,
      @Option(names = "--out", required = true, paramLabel = "FILE", description = "The catalog.")
          Path out,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    TemplateVersion parsed = version(version);
    VolumeSignatureCatalog.SecureBoot secureBoot =
        new VolumeSignatureCatalog.SecureBoot(
            List.of(certificate(one(certificates))),
            forbidden == null ? List.of() : forbidden.stream().map(TemplateCommand::hash).toList());
    SecureRandom random = new SecureRandom();
    GuardianKey key = unlocking.open(signer, random);
    List<SignedPartition> partitions = hash(image);
    try {
      VolumeSignatureCatalog catalog =
          VolumeSignatureCatalog.sign(
              name,
              parsed,
              partitions,
              secureBoot,
              key.guardian(),
              key.keys(),
              Instant.now(),
              random);
      Documents.writeNew(out, catalog.toBytes());
      print(catalog, json, "catalog", out);
    } catch (ProtectorException problem) {
      throw Documents.refused(name, problem);
    } catch (IllegalArgumentException unsuitable) {
      throw new Failure(
          "the catalog cannot be made: " + unsuitable.getMessage(), "", Failure.MALFORMED);
    }
  }

  @Command(
      name = "check",
      description = "Read a template disk and compare every block with its catalog.",
      mixinStandardHelpOptions = true)
  void check(
      @Parameters(paramLabel = "IMAGE", description = "A raw disk image.") Path image,
      @Option(
              names = "--catalog",
              required = true,
              paramLabel = "FILE",
              description = "The catalog to compare with.")
          Path file,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    VolumeSignatureCatalog catalog = Documents.catalog(file);
    try (SeekableByteChannel channel = open(image);
        Progress progress = Progress.onTerminal()) {
      compare(channel, catalog.partitions(), progress);
    } catch (DiskRefusedException differs) {
      throw refused(differs);
    } catch (MalformedException malformed) {
      throw Failure.malformed(image.toString(), malformed, "");
    } catch (IOException problem) {
      throw unreadable(image, problem);
    }
    print(catalog, json, "template", image);
  }

  private static List<SignedPartition> hash(Path image) {
    try (SeekableByteChannel channel = open(image);
        Progress progress = Progress.onTerminal()) {
      return CatalogHasher.hash(
          channel, (done, total) -> progress.report("hashing the template", done, total));
    } catch (DiskRefusedException unsuitable) {
      throw refused(unsuitable);
    } catch (MalformedException malformed) {
      throw Failure.malformed(
          image.toString(),
          malformed,
          "a template is a raw disk image with a GUID partition table");
    } catch (IOException problem) {
      throw unreadable(image, problem);
    }
  }

  private static void compare(
      SeekableByteChannel image, List<SignedPartition> signed, Progress progress)
      throws IOException, MalformedException, DiskRefusedException {
    PartitionTable table = PartitionTable.read(image);
    TemplateLayout.require(signed, table);
    long total = bytes(signed);
    AtomicLong done = new AtomicLong();
    for (int i = 0; i < signed.size(); i++) {
      Partition found = table.partitions().get(i);
      VerifiedCopy.copy(
          image,
          found.offset(),
          signed.get(i),
          (block, length) ->
              progress.report("checking the template", done.addAndGet(length), total));
    }
  }

  private static long bytes(List<SignedPartition> partitions) {
    return partitions.stream().mapToLong(SignedPartition::length).sum();
  }

  private static Failure refused(DiskRefusedException why) {
    return new Failure(
        why.problem().code() + ": " + why.problem().title() + "; " + why.detail(),
        why.problem().remedy(),
        Failure.REFUSED);
  }

  private static SeekableByteChannel open(Path image) throws IOException {
    if (Files.isDirectory(image)) {
      throw new Failure(image + " is a directory", "name a raw disk image", Failure.ENVIRONMENT);
    }
    return Files.newByteChannel(image);
  }

  private static Failure unreadable(Path image, IOException problem) {
    return problem instanceof NoSuchFileException
        ? new Failure("there is no file " + image, "", Failure.ENVIRONMENT)
        : new Failure(
            image + " cannot be read: " + Documents.reason(problem), "", Failure.ENVIRONMENT);
  }

  private static TemplateVersion version(String text) {
    try {
      return TemplateVersion.of(text);
    } catch (IllegalArgumentException wrong) {
      throw new Failure(
          "\"" + text + "\" is " + wrong.getMessage(), "--version 1.0.0", Failure.MALFORMED);
    }
  }

  /** A VM's disk is bound to PCR 7, which says which certificate vouched for the boot image. */
  private static Path one(List<Path> certificates) {
    if (certificates.size() != 1) {
      throw new Failure(
          certificates.size()
              + " Secure Boot certificates are given, and no host would make a VM of the template:"
              + " which of them vouched for the boot image would change what its disk is sealed to",
          "give --secure-boot-certificate once, with what the boot image is signed with",
          Failure.MALFORMED);
    }
    return certificates.getFirst();
  }

  private static byte[] certificate(Path file) {
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(InputFile.read(file, MAX_CERTIFICATE_FILE)));
      return certificate.getEncoded();
    } catch (CertificateEncodingException problem) {
      throw new IllegalStateException("a certificate that was just decoded", problem);
    } catch (CertificateException notOne) {
      throw new Failure(file + " is not a certificate", "PEM or DER, one", Failure.MALFORMED);
    }
  }

  private static byte[] hash(String hex) {
    try {
      byte[] hash = HexFormat.of().parseHex(hex);
      if (hash.length == 32) {
        return hash;
      }
    } catch (IllegalArgumentException notHex) {
      // The failure below says all there is to say.
    }
    throw new Failure("\"" + hex + "\" is not a SHA-256 in hex", "", Failure.MALFORMED);
  }

  private void print(VolumeSignatureCatalog catalog, boolean json, String what, Path file) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode node =
          Output.object()
              .put("name", catalog.name())
              .put("version", catalog.version().toString())
              .put("signer", catalog.signer().name())
              .put("signerId", catalog.signer().id().text())
              .put("partitions", catalog.partitions().size())
              .put("bytes", bytes(catalog.partitions()))
              .put(what, file.toString());
      out.println(Output.indented(node));
    } else {
      out.println(catalog.name() + " " + catalog.version());
      out.println("  signer    " + catalog.signer().name());
      out.println("  id        " + catalog.signer().id());
      List<String> labels = new ArrayList<>();
      for (SignedPartition partition : catalog.partitions()) {
        labels.add(
            partition.index()
                + " \""
                + partition.label()
                + "\" "
                + (partition.length() >> 20)
                + " MiB");
      }
      out.println("  contains  " + String.join(", ", labels));
      out.printf("  %-9s %s%n", what, file);
    }
    out.flush();
  }
}
