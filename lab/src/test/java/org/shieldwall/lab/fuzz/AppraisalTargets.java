package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CommandLineRules;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.evidence.Verdict;
import org.shieldwall.evidence.Verifier;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.evidence.ima.ImaSignature;
import org.shieldwall.lab.bench.QuotedBoot;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/** What a host sends, judged as a whole; command lines and signatures of files by themselves. */
final class AppraisalTargets {
  private static final Bytes FILE = TpmHash.SHA256.hash(Bytes.ofText("a file"));

  private AppraisalTargets() {}

  /** Made when it is first asked for: not every run needs it. */
  private static final class Boot {
    static final QuotedBoot GENUINE = new QuotedBoot();
    static final UntrustedEvidence EVIDENCE =
        GENUINE.quoted(GENUINE.pcrs(), GENUINE.log(), GENUINE.ima(), Optional.of("quiet"));
  }

  private static final class Signers {
    static final KeyPair EC = pair("EC", 256);
    static final KeyPair RSA = pair("RSA", 2048);
  }

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "appraisal",
            () -> List.of(parts(Boot.EVIDENCE)),
            AppraisalTargets::unsigned,
            MalformedException.class),
        // The same where a TPM vouches for whatever log and list lead to: past its signature.
        FuzzTarget.of(
            "appraisal-quoted",
            () -> List.of(boot("quiet lockdown=confidentiality root=/dev/vda2")),
            AppraisalTargets::quoted,
            MalformedException.class),
        FuzzTarget.of(
            "ima-signature",
            () ->
                List.of(
                    signature(Signers.EC, "SHA256withECDSA"),
                    signature(Signers.RSA, "SHA256withRSA")),
            AppraisalTargets::signature,
            MalformedException.class),
        FuzzTarget.of(
            "kernel-arguments",
            () ->
                Seeds.texts(
                    "quiet\nquiet lockdown=confidentiality",
                    "dyndbg=*\nroot=/dev/vda2 dyndbg=\"a b\" sysctl.kernel/yama/ptrace_scope=3 -- x",
                    "*a*=*\nmodule.sig-enforce intel_iommu=on,sm_on"),
            AppraisalTargets::commandLine,
            MalformedException.class));
  }

  /** Everything as it was sent: whoever has no key gets nothing by altering any of it. */
  private static void unsigned(byte[] input) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(input, "evidence");
    Bytes attest = in.sized("attest");
    Bytes signature = in.sized("signature");
    TpmPublic ak = TpmPublic.parse(in.sized("ak").toArray());
    SortedMap<Integer, Bytes> pcrs = new TreeMap<>();
    Bytes values = in.sized("pcrs");
    for (int at = 0; at + TpmHash.SHA256.size() <= values.length(); at += TpmHash.SHA256.size()) {
      if (at / TpmHash.SHA256.size() < Replay.PCR_COUNT) {
        pcrs.put(at / TpmHash.SHA256.size(), values.slice(at, at + TpmHash.SHA256.size()));
      }
    }
    Bytes log = Bytes.of(in.bytes(Math.min(in.u32("log"), in.remaining()), "log"));
    Bytes ima = Bytes.of(in.bytes(Math.min(in.u32("ima"), in.remaining()), "ima"));
    Optional<String> line = Optional.of(text(in.rest()));
    Verdict verdict =
        appraise(
            new UntrustedEvidence(
                attest,
                signature,
                ak,
                PcrValues.of(TpmHash.SHA256, pcrs),
                Optional.of(log),
                Optional.of(ima),
                line));
    if (verdict instanceof Verdict.Healthy && ak.equals(Boot.EVIDENCE.attestationKey())) {
      require(attest.equals(Boot.EVIDENCE.attest()), "nobody else signs a quote");
      require(ima.equals(Boot.EVIDENCE.imaList().orElseThrow()), "the list is under the quote");
    }
  }

  private static byte[] parts(UntrustedEvidence evidence) {
    Bytes[] values = Boot.GENUINE.pcrs().values().toArray(new Bytes[0]);
    Bytes log = evidence.eventLog().orElseThrow();
    Bytes ima = evidence.imaList().orElseThrow();
    return new ByteWriter()
        .sized(evidence.attest())
        .sized(evidence.signature())
        .bytes(evidence.attestationKey().sized())
        .sized(Bytes.concat(values))
        .u32(log.length())
        .bytes(log)
        .u32(ima.length())
        .bytes(ima)
        .bytes(Bytes.ofText("quiet"))
        .toBytes()
        .toArray();
  }

  private static byte[] boot(String commandLine) {
    return new ByteWriter()
        .sized(Bytes.ofText(commandLine))
        .u32(Boot.GENUINE.ima().length())
        .bytes(Boot.GENUINE.ima())
        .bytes(Boot.GENUINE.log())
        .toBytes()
        .toArray();
  }

  private static void quoted(byte[] input) throws MalformedException {
    ByteReader in = ByteReader.bigEndian(input, "boot");
    Optional<String> line = Optional.of(text(in.sized("command line").toArray()));
    Bytes ima = Bytes.of(in.bytes(Math.min(in.u32("ima"), in.remaining()), "ima"));
    Bytes log = Bytes.of(in.rest());
    SortedMap<Integer, Bytes> pcrs = Boot.GENUINE.pcrs();
    pcrs.putAll(replayed(log));
    try {
      pcrs.putAll(
          ImaReplay.replay(
                  new ByteArrayInputStream(ima.toArray()),
                  new ImaOptions(Set.of(TpmHash.SHA256), false, Optional.empty()),
                  entry -> {})
              .pcr10()
              .entrySet()
              .stream()
              .collect(Collectors.toMap(any -> 10, each -> each.getValue())));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    appraise(Boot.GENUINE.quoted(pcrs, log, ima, line));
  }

  private static SortedMap<Integer, Bytes> replayed(Bytes log) throws MalformedException {
    UntrustedEventLog read = UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT);
    return read.banks().contains(TpmHash.SHA256)
        ? Replay.replay(read, TpmHash.SHA256).banks().getOrDefault(TpmHash.SHA256, new TreeMap<>())
        : new TreeMap<>();
  }

  /** Under the policy that the genuine boot keeps to, and with every check there is. */
  private static Verdict appraise(UntrustedEvidence evidence) {
    Appraisal all = Verifier.appraise(Boot.GENUINE.strict(), evidence, Boot.GENUINE.challenge());
    require(all.checks().size() == Check.values().length, "every check has a result");
    require(all.verdict() instanceof Verdict.Refused, "no log shows what only a maker can say");
    return Verifier.appraise(Boot.GENUINE.usual(), evidence, Boot.GENUINE.challenge()).verdict();
  }

  private static void signature(byte[] input) throws MalformedException {
    Bytes signature = Bytes.of(input);
    boolean counts = false;
    for (KeyPair each : List.of(Signers.EC, Signers.RSA)) {
      counts |= ImaSignature.verify(signature, each.getPublic(), "sha256", FILE);
    }
    if (!counts) {
      throw new MalformedException("signature", 0, "one over the file", "another");
    }
  }

  /** {@code struct signature_v2_hdr}: type, version, SHA-256, key id, length. */
  private static byte[] signature(KeyPair signer, String algorithm) {
    try {
      Signature maker = Signature.getInstance(algorithm);
      maker.initSign(signer.getPrivate());
      maker.update("a file".getBytes(StandardCharsets.US_ASCII));
      byte[] made = maker.sign();
      return new ByteWriter()
          .u8(3)
          .u8(2)
          .u8(4)
          .u32(0x01020304)
          .u16(made.length)
          .bytes(Bytes.of(made))
          .toBytes()
          .toArray();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair pair(String algorithm, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(bits);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The first line: a pattern, which is a rule too where it is one word. The rest: the line. */
  private static void commandLine(byte[] input) throws MalformedException {
    String[] parts = text(input).split("\n", 2);
    if (parts.length < 2) {
      throw new MalformedException("command line", 0, "a rule before it", "none");
    }
    KernelArguments line = KernelArguments.parse(parts[1]);
    String again =
        line.words().stream()
            .map(each -> '"' + each.toString() + '"')
            .collect(Collectors.joining(" "));
    require(KernelArguments.parse(again).words().equals(line.words()), "words read as printed");
    Set<String> words = CommandLineRules.isWord(parts[0]) ? Set.of(parts[0]) : Set.of();
    for (CommandLineRules rules :
        Arrays.asList(
            new CommandLineRules(words, Set.of(), List.of()),
            new CommandLineRules(Set.of(), words, List.of()),
            new CommandLineRules(Set.of(), Set.of(), List.of(parts[0])))) {
      rules.describe();
      require(
          rules.flaws(line).equals(rules.flaws(KernelArguments.parse(again))),
          "the same line has the same flaws");
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
