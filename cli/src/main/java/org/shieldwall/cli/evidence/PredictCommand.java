package org.shieldwall.cli.evidence;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.disk.uefi.Signature;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.predict.PredictedBoot;
import org.shieldwall.evidence.predict.UnifiedKernel;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.hgs.store.BaselineDocument;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code evidence predict}: what a boot will measure that has not happened. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    description = {
      "Show the PCR values and facts of a boot that has not happened: of a unified kernel image"
          + " (systemd-stub 252, its command line inside) that firmware starts straight, Secure Boot"
          + " on.",
      "With --out, a baseline of it for shieldwall hgs baseline add, before any host boots it.",
      "Exit code 0: predicted; 1: these variables or this image cannot be; 2: a file is malformed."
    })
final class PredictCommand implements Runnable {
  private static final int LARGEST_IMAGE = 512 << 20;
  private static final int MAX_NAME = 63;

  @Parameters(paramLabel = "UKI", description = "The unified kernel image, signed.")
  private Path image = Path.of("");

  @Option(
      names = "--vars",
      required = true,
      paramLabel = "FILE",
      description =
          "The machine's Secure Boot variables: OVMF's variable store (OVMF_VARS.fd), a folder with"
              + " PK, KEK, db and dbx (signature lists, or /sys/firmware/efi/efivars), or a capture"
              + " of a host.")
  private Path vars = Path.of("");

  @Option(
      names = "--authority",
      paramLabel = "FILE",
      description =
          "The certificate in db that vouches for the image, where the image does not carry it"
              + " itself: that of an issuer.")
  private Optional<Path> authority = Optional.empty();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write a baseline of this boot to a new file.")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The baseline's name. Default: after the image.")
  private Optional<String> name = Optional.empty();

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    UnifiedKernel kernel = kernel();
    SecureBootMeasurements measurements = SecureBootMeasurements.read(vars);
    Signature signer = signer(kernel, measurements);
    PredictedBoot boot;
    try {
      boot = PredictedBoot.of(kernel, measurements.until(signer), TpmHash.SHA256);
    } catch (MalformedException problem) {
      throw EvidenceFiles.malformed(image, problem);
    }
    BootBaseline baseline = boot.baseline(baselineName());
    out.ifPresent(file -> write(file, baseline));
    PrintWriter to = spec.commandLine().getOut();
    if (json) {
      to.println(Output.indented(toJson(kernel, signer, boot, baseline)));
    } else {
      toText(to, kernel, signer, boot, baseline);
    }
    to.flush();
  }

  private UnifiedKernel kernel() {
    try {
      return UnifiedKernel.parse(InputFile.read(image, LARGEST_IMAGE));
    } catch (MalformedException problem) {
      throw EvidenceFiles.malformed(image, problem);
    }
  }

  /** Firmware measures the entry of db that vouched: the first that the signature leads to. */
  private Signature signer(UnifiedKernel kernel, SecureBootMeasurements measurements) {
    List<Signature> certificates = measurements.certificates();
    if (authority.isPresent()) {
      Bytes wanted = certificate(authority.get());
      return certificates.stream()
          .filter(each -> each.data().equals(wanted))
          .findFirst()
          .orElseThrow(() ->
              new Failure(
                  authority.get() + " is not in db, so firmware will not start the image by it",
                  "name another, or other variables",
                  Failure.REFUSED));
    }
    return certificates.stream()
        .filter(each -> kernel.image().carries(each.data()))
        .findFirst()
        .orElseThrow(() ->
            new Failure(
                "no certificate in db is in the signature of "
                    + image
                    + ": firmware will not start it, or by an issuer of its signer's",
                "sign it with a key of db, or name the issuer's certificate with --authority",
                Failure.REFUSED));
  }

  private static Bytes certificate(Path file) {
    try {
      return CertificateFile.parse(InputFile.read(file, CertificateFile.MAXIMUM_SIZE))
          .getFirst()
          .encoded();
    } catch (MalformedException problem) {
      throw EvidenceFiles.malformed(file, problem);
    }
  }

  private String baselineName() {
    if (name.isPresent() && !BaselineDocument.isName(name.get())) {
      throw new Failure(
          "\"" + name.get() + "\" cannot be a baseline's name",
          "use --name with letters, digits, dots and dashes",
          Failure.MALFORMED);
    }
    return name.orElseGet(() -> {
      String stem =
          String.valueOf(image.getFileName())
              .replaceAll("\\.efi$", "")
              .replaceAll("[^A-Za-z0-9._-]+", "-")
              .replaceAll("^[^A-Za-z0-9]+", "");
      return stem.isEmpty() ? "predicted" : stem.substring(0, Math.min(MAX_NAME, stem.length()));
    });
  }

  private static void write(Path file, BootBaseline baseline) {
    try {
      Files.write(
          file,
          BaselineDocument.toBytes(baseline),
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException exists) {
      throw new Failure(file + " exists and is not overwritten", "", Failure.ENVIRONMENT);
    } catch (IOException problem) {
      throw new Failure(
          file + " cannot be written: " + problem.getMessage(), "", Failure.ENVIRONMENT);
    }
  }

  private static String subject(Signature signer) {
    try {
      return UntrustedCertificate.parse(signer.data().toArray()).subject().toString();
    } catch (MalformedException unreadable) {
      return "sha256:" + TpmHash.SHA256.hash(signer.data()).hex();
    }
  }

  private static SortedMap<Integer, Bytes> values(PredictedBoot boot) {
    return boot.pcrs().banks().values().iterator().next();
  }

  private static ObjectNode toJson(
      UnifiedKernel kernel, Signature signer, PredictedBoot boot, BootBaseline baseline) {
    ObjectNode result = Output.object();
    result.put("kernel", kernel.release());
    result.put("commandLine", kernel.commandLine());
    result.put("authority", subject(signer));
    ObjectNode bank = result.putObject("pcrs").putObject("sha256");
    values(boot).forEach((pcr, value) -> bank.put(pcr.toString(), value.hex()));
    result.set("facts", FactsOutput.toJson(boot.facts()));
    result.put("baseline", baseline.name());
    result.put("requires", baseline.describe());
    return result;
  }

  private void toText(
      PrintWriter to,
      UnifiedKernel kernel,
      Signature signer,
      PredictedBoot boot,
      BootBaseline baseline) {
    to.println("kernel " + kernel.release() + ", started by firmware on the word of");
    to.println("  " + subject(signer));
    to.println("PCRs after the kernel has started, bank sha256:");
    values(boot).forEach((pcr, value) -> to.printf("  %2d  %s%n", pcr, value.hex()));
    to.print(baseline.describe());
    out.ifPresentOrElse(
        file -> to.println("Accept it before hosts boot it: shieldwall hgs baseline add " + file),
        () -> to.println("With --out FILE it is written as a baseline."));
  }
}
