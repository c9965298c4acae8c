package org.shieldwall.cli.evidence;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.shieldwall.cli.CaptureFile;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.evidence.AttestationKey;
import org.shieldwall.evidence.Finding;
import org.shieldwall.evidence.FindingCode;
import org.shieldwall.evidence.quote.QuoteAppraisal;
import org.shieldwall.evidence.quote.QuoteCheck;
import org.shieldwall.evidence.quote.QuoteExpectations;
import org.shieldwall.evidence.quote.UntrustedQuote;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmScheme;
import org.shieldwall.tpm.TpmSignature;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code evidence quote}: whether a TPM signed what is claimed. */
@Command(
    name = "quote",
    mixinStandardHelpOptions = true,
    description = {
      "Verify a TPM 2.0 quote.",
      "Exit code 0: it is verified; 1: it is refused; 2: a file is malformed."
    })
final class QuoteCommand implements Callable<Integer> {
  private static final int LARGEST = 64 << 10;

  @Option(
      names = "--capture",
      paramLabel = "FILE",
      description =
          "A capture of a host, in place of the three files below: its quote, key and PCR values,"
              + " and the nonce it chose itself.")
  private Optional<Path> captured = Optional.empty();

  @Option(names = "--attest", paramLabel = "FILE", description = "What was signed, a TPMS_ATTEST.")
  private Optional<Path> attest = Optional.empty();

  @Option(
      names = "--signature",
      paramLabel = "FILE",
      description = "The signature, a TPMT_SIGNATURE or its bytes alone.")
  private Optional<Path> signature = Optional.empty();

  @Option(
      names = "--ak",
      paramLabel = "FILE",
      description = "The attestation key: TPM2B_PUBLIC, TPMT_PUBLIC or PEM.")
  private Optional<Path> attestationKey = Optional.empty();

  @Option(names = "--nonce", paramLabel = "HEX", description = "What the quote must carry.")
  private Optional<String> nonce = Optional.empty();

  @Option(
      names = "--nonce-text",
      paramLabel = "TEXT",
      description = "What the quote must carry, as text.")
  private Optional<String> nonceText = Optional.empty();

  @Option(
      names = "--pcrs",
      paramLabel = "FILE",
      description = "PCR values to hold against the quote: JSON, or the output of tpm2_pcrread.")
  private Optional<Path> pcrs = Optional.empty();

  @Option(
      names = "--allow-sha1",
      description = "Accept a signature over SHA-1, and a key that makes no other.")
  private boolean allowSha1;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    if (captured.isPresent()) {
      if (attest.isPresent() || signature.isPresent() || attestationKey.isPresent()) {
        throw incomplete("a capture holds the quote, its signature and the key itself");
      }
      return ofCapture(captured.get());
    }
    return ofFiles(
        attest.orElseThrow(() -> incomplete("--attest is missing")),
        signature.orElseThrow(() -> incomplete("--signature is missing")),
        attestationKey.orElseThrow(() -> incomplete("--ak is missing")));
  }

  private static Failure incomplete(String what) {
    return new Failure(
        what, "give --attest, --signature and --ak, or --capture alone", Failure.MALFORMED);
  }

  private int ofFiles(Path attestFile, Path signatureFile, Path keyFile) {
    Optional<Bytes> expected = expectedNonce();
    Bytes signed = Bytes.of(InputFile.read(attestFile, LARGEST));
    Optional<Finding> tpm12 = QuoteCheck.tpm12(signed);
    if (tpm12.isPresent()) {
      return show(
          List.of(tpm12.get()), Optional.empty(), expected, pcrs.isPresent(), Optional.empty());
    }
    TpmAttest parsed = parse(attestFile, signed);
    AttestationKeyFile key = AttestationKeyFile.read(keyFile);
    PcrSelection selection =
        parsed.attested() instanceof TpmAttest.Quote quote ? quote.selection() : PcrSelection.NONE;
    Optional<PcrValues> values = pcrs.map(file -> PcrFile.read(file, selection));
    return judge(
        new UntrustedQuote(signed, signature(signatureFile, key, signed), values),
        parsed,
        key,
        expected);
  }

  /** The nonce is the one that the host chose: it ties the parts of the file together, no more. */
  private int ofCapture(Path file) {
    Capture capture = CaptureFile.read(file);
    try {
      UntrustedQuote quote =
          new UntrustedQuote(
              capture.quote(),
              TpmSignature.parse(capture.signature().toArray()),
              Optional.of(PcrValues.of(TpmHash.SHA256, capture.pcrs())));
      AttestationKeyFile key =
          AttestationKeyFile.of(TpmPublic.parseSized(capture.akPublic().toArray()));
      Optional<Bytes> own = expectedNonce();
      return judge(
          quote,
          parse(file, capture.quote()),
          key,
          own.isPresent() ? own : Optional.of(capture.extraData()));
    } catch (MalformedException e) {
      throw EvidenceFiles.malformed(file, e);
    }
  }

  private int judge(
      UntrustedQuote quote, TpmAttest parsed, AttestationKeyFile key, Optional<Bytes> expected) {
    QuoteAppraisal appraisal =
        QuoteCheck.appraise(
            quote, key.key(), new QuoteExpectations(expected, TpmHash.SHA256, Set.of(), allowSha1));
    List<Finding> findings = new ArrayList<>(appraisal.findings());
    key.area().ifPresent(area -> findings.addAll(AttestationKey.check(area, allowSha1)));
    return show(
        findings,
        Optional.of(parsed),
        expected,
        quote.pcrs().isPresent(),
        key.area().map(_ -> "checked"));
  }

  private Optional<Bytes> expectedNonce() {
    if (nonce.isPresent() && nonceText.isPresent()) {
      throw new Failure(
          "--nonce and --nonce-text are given both", "give one of them", Failure.MALFORMED);
    }
    if (nonceText.isPresent()) {
      return Optional.of(Bytes.of(nonceText.get().getBytes(StandardCharsets.UTF_8)));
    }
    try {
      return nonce.map(Bytes::ofHex);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          "--nonce is no hexadecimal number of whole bytes",
          "use --nonce-text for a text",
          Failure.MALFORMED);
    }
  }

  private static TpmAttest parse(Path file, Bytes signed) {
    try {
      return TpmAttest.parse(signed.toArray());
    } catch (MalformedException e) {
      throw EvidenceFiles.malformed(file, e);
    }
  }

  /** A signature without header does not say by which scheme it was made: what verifies is it. */
  private static TpmSignature signature(Path file, AttestationKeyFile key, Bytes signed) {
    byte[] bytes = InputFile.read(file, LARGEST);
    try {
      return TpmSignature.parse(bytes);
    } catch (MalformedException headless) {
      List<TpmScheme> schemes = key.candidates();
      try {
        for (TpmScheme scheme : schemes) {
          TpmSignature candidate = raw(key, scheme, bytes);
          if (candidate.verify(key.key(), signed)) {
            return candidate;
          }
        }
        return raw(key, schemes.getFirst(), bytes);
      } catch (MalformedException e) {
        throw EvidenceFiles.malformed(file, bytes.length < 64 ? headless : e);
      }
    }
  }

  private static TpmSignature raw(AttestationKeyFile key, TpmScheme scheme, byte[] bytes)
      throws MalformedException {
    return TpmSignature.ofRaw(
        key.key(), scheme.algorithm(), scheme.hash().orElse(TpmHash.SHA256), bytes);
  }

  private int show(
      List<Finding> findings,
      Optional<TpmAttest> parsed,
      Optional<Bytes> expected,
      boolean withValues,
      Optional<String> attributes) {
    String verdict = findings.isEmpty() ? "verified" : "refused";
    String freshness = expected.isPresent() ? "checked" : "not-checked";
    String digest = withValues ? "checked" : "not-checked";
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode result = Output.object().put("verdict", verdict);
      ArrayNode list = result.putArray("findings");
      for (Finding each : findings) {
        list.addObject()
            .put("code", each.code().code())
            .put("detail", each.detail())
            .put("expected", each.expected())
            .put("found", each.found());
      }
      result
          .putObject("checks")
          .put("nonce", freshness)
          .put("pcrDigest", digest)
          .put("keyAttributes", attributes.orElse("not-checked"));
      hint(findings).ifPresent(each -> result.put("hint", each));
      parsed.ifPresent(each -> describe(result, each));
      out.println(Output.indented(result));
    } else {
      out.println(verdict);
      findings.forEach(each -> out.println("  " + each));
      hint(findings).ifPresent(each -> out.println("hint: " + each));
      parsed.ifPresent(each -> describe(out, each));
      out.println("  nonce:      " + freshness);
      out.println("  PCR values: " + digest);
      out.println("  attributes of the key: " + attributes.orElse("not-checked"));
    }
    out.flush();
    return findings.isEmpty() ? 0 : Failure.REFUSED;
  }

  /** Old TPMs and keys sign no other way; whoever looks at a file may want to know all the same. */
  private static Optional<String> hint(List<Finding> findings) {
    return findings.stream().anyMatch(each -> each.code() == FindingCode.QUOTE_SIGNATURE_WEAK)
        ? Optional.of(
            "SHA-1 can be collided, so that its signature proves little; to see whether everything"
                + " else holds: the same command with --allow-sha1 (a Host Guardian Service never"
                + " accepts it)")
        : Optional.empty();
  }

  private static void describe(ObjectNode result, TpmAttest parsed) {
    if (parsed.attested() instanceof TpmAttest.Quote quote) {
      result.put("selection", quote.selection().toString());
      result.put("pcrDigest", quote.pcrDigest().hex());
    }
    result.put("extraData", parsed.extraData().hex());
    result
        .putObject("clock")
        .put("milliseconds", parsed.clock().clock())
        .put("resetCount", parsed.clock().resetCount())
        .put("restartCount", parsed.clock().restartCount())
        .put("safe", parsed.clock().safe());
    result.put("firmwareVersion", "0x%016x".formatted(parsed.firmwareVersion()));
  }

  private static void describe(PrintWriter out, TpmAttest parsed) {
    if (parsed.attested() instanceof TpmAttest.Quote quote) {
      out.println("  PCRs:       " + quote.selection());
    }
    out.printf(
        "  TPM:        %d resets, %d restarts%n",
        parsed.clock().resetCount(), parsed.clock().restartCount());
  }
}
