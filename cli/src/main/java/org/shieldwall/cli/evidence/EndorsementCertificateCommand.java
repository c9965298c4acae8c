package org.shieldwall.cli.evidence;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.x509.CertificateChain;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.TpmIdentity;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.tpm.MalformedException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code evidence ekcert}: whose TPM a certificate speaks of. */
@Command(
    name = "ekcert",
    mixinStandardHelpOptions = true,
    description = {
      "Show an endorsement certificate, and whether it leads to a trusted one.",
      "Exit code 0: trusted, or not checked; 1: untrusted; 2: malformed."
    })
final class EndorsementCertificateCommand implements Callable<Integer> {
  private static final int MOST_FILES = 4096;
  private static final List<String> ENDINGS = List.of(".pem", ".crt", ".cer", ".der");

  @Parameters(
      paramLabel = "FILE",
      description =
          "PEM, DER, as read from the TPM's NV memory, or a capture of a host; further certificates in it"
              + " may stand between it and a trusted one.")
  private Path file = Path.of("");

  @Option(
      names = "--roots",
      paramLabel = "DIR",
      description = "Folder of certificates (.pem .crt .cer .der) that are trusted as issuers.")
  private Optional<Path> roots = Optional.empty();

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description = "Look at validity at this time, e.g. 2026-01-01T00:00:00Z; now unless given.")
  private Optional<String> at = Optional.empty();

  @Option(
      names = "--refuse-expired",
      description = "Certificates out of time make it untrusted; otherwise that is only said.")
  private boolean refuseExpired;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    List<UntrustedCertificate> own =
        EvidenceFiles.endorsement(file)
            .map(der -> parse(file, der))
            .orElseGet(() -> certificates(file));
    UntrustedCertificate certificate = own.getFirst();
    List<UntrustedCertificate> trusted = roots.map(this::folder).orElse(List.of());
    CertificateChain.Result result =
        CertificateChain.check(certificate, trusted, own.subList(1, own.size()), when());
    PrintWriter out = spec.commandLine().getOut();
    String chain = chain(result);
    if (json) {
      out.println(Output.indented(toJson(certificate, result, chain)));
    } else {
      toText(out, certificate, result, chain);
    }
    out.flush();
    return chain.equals("untrusted") ? Failure.REFUSED : 0;
  }

  private static List<UntrustedCertificate> certificates(Path file) {
    return parse(file, InputFile.read(file, CertificateFile.MAXIMUM_SIZE));
  }

  private static List<UntrustedCertificate> parse(Path file, byte[] bytes) {
    try {
      return CertificateFile.parse(bytes);
    } catch (MalformedException e) {
      throw EvidenceFiles.malformed(file, e);
    }
  }

  private List<UntrustedCertificate> folder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new Failure(
          folder + " is no folder", "name the folder that holds them", Failure.ENVIRONMENT);
    }
    List<UntrustedCertificate> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path each :
          files.filter(EndorsementCertificateCommand::isOne).limit(MOST_FILES).toList()) {
        found.addAll(certificates(each));
      }
    } catch (IOException e) {
      throw InputFile.unreadable(folder, e);
    }
    if (found.isEmpty()) {
      throw new Failure(
          folder + " holds no certificates",
          "their names end in .pem .crt .cer or .der",
          Failure.ENVIRONMENT);
    }
    return found;
  }

  private static boolean isOne(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file) && ENDINGS.stream().anyMatch(name::endsWith);
  }

  private Instant when() {
    try {
      return at.map(Instant::parse).orElseGet(Instant::now);
    } catch (DateTimeException e) {
      throw new Failure("--at is no time", "write e.g. 2026-01-01T00:00:00Z", Failure.MALFORMED);
    }
  }

  private String chain(CertificateChain.Result result) {
    return switch (result) {
      case CertificateChain.Trusted trusted ->
          refuseExpired && !trusted.outOfTime().isEmpty() ? "untrusted" : "trusted";
      case CertificateChain.Untrusted _ -> "untrusted";
      case CertificateChain.NotChecked _ -> "not-checked";
    };
  }

  private static String reason(CertificateChain.Result result) {
    return switch (result) {
      case CertificateChain.Trusted trusted ->
          trusted.outOfTime().isEmpty()
              ? ""
              : "out of time: " + String.join("; ", trusted.outOfTime());
      case CertificateChain.Untrusted untrusted -> untrusted.reason();
      case CertificateChain.NotChecked unchecked -> unchecked.reason();
    };
  }

  private static ObjectNode toJson(
      UntrustedCertificate certificate, CertificateChain.Result result, String chain) {
    ObjectNode node = Output.object();
    node.put("subject", certificate.subject().toString());
    node.put("issuer", certificate.issuer().toString());
    node.put("key", certificate.key().describe());
    node.put("keySha256", certificate.key().sha256().hex());
    Optional<TpmIdentity> tpm = TpmIdentity.of(certificate);
    node.put("manufacturer", tpm.map(TpmIdentity::manufacturer).orElse(""));
    node.put("model", tpm.map(TpmIdentity::model).orElse(""));
    node.put("version", tpm.map(TpmIdentity::version).orElse(""));
    node.put("notBefore", certificate.notBefore().toString());
    node.put("notAfter", certificate.notAfter().toString());
    node.put("sha256", certificate.sha256().hex());
    node.put("chain", chain);
    node.put("reason", reason(result));
    ArrayNode path = node.putArray("path");
    ArrayNode outOfTime = node.putArray("outOfTime");
    if (result instanceof CertificateChain.Trusted trusted) {
      trusted.path().forEach(each -> path.add(each.subject().toString()));
      trusted.outOfTime().forEach(outOfTime::add);
    }
    return node;
  }

  private static void toText(
      PrintWriter out,
      UntrustedCertificate certificate,
      CertificateChain.Result result,
      String chain) {
    out.println("subject       " + certificate.subject());
    out.println("issuer        " + certificate.issuer());
    out.println("key           " + certificate.key().describe());
    TpmIdentity.of(certificate)
        .ifPresent(tpm -> {
          out.println("manufacturer  " + tpm.manufacturer());
          out.println("model         " + tpm.model());
          out.println("version       " + tpm.version());
        });
    out.println("valid         " + certificate.notBefore() + " to " + certificate.notAfter());
    out.println("chain         " + chain);
    if (!reason(result).isEmpty()) {
      out.println("              " + reason(result));
    }
    if (result instanceof CertificateChain.Trusted trusted) {
      trusted.path().stream()
          .skip(1)
          .forEach(each -> out.println("  issued by   " + each.subject()));
    }
  }
}
