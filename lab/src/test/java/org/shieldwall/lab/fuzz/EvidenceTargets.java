package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.Revocations;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.Replay;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.evidence.ima.ImaOptions;
import org.shieldwall.evidence.ima.ImaReplay;
import org.shieldwall.evidence.x509.CertificateChain;
import org.shieldwall.evidence.x509.CertificateFile;
import org.shieldwall.evidence.x509.TpmIdentity;
import org.shieldwall.evidence.x509.UntrustedCertificate;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** What a host sends: logs, lists, certificates. */
final class EvidenceTargets {
  private EvidenceTargets() {}

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "event-log",
            EvidenceTargets::eventLogs,
            EvidenceTargets::eventLog,
            MalformedException.class),
        FuzzTarget.of(
            "ima-binary",
            () -> Seeds.all(List.of(imaBinary()), Seeds.vectors("bench/100", "ima.binary")),
            EvidenceTargets::ima,
            MalformedException.class),
        FuzzTarget.of(
            "ima-ascii", () -> List.of(imaText()), EvidenceTargets::ima, MalformedException.class),
        FuzzTarget.of(
            "revocations",
            () -> Seeds.vectors("eventlogs/go-tpm-tools", "2014-08-11.bin", "2020-10-12.bin"),
            Revocations::parse,
            MalformedException.class),
        FuzzTarget.of(
            "certificate",
            () ->
                Seeds.all(
                    List.of(HealthSeeds.certificate()),
                    Seeds.vectors("ek-certs", ".der", ".crt", ".cer", ".pem")),
            EvidenceTargets::certificate,
            MalformedException.class));
  }

  private static List<byte[]> eventLogs() {
    return Seeds.all(
        List.of(Seeds.file("cli/src/main/resources/org/shieldwall/cli/demo/host-boot-log.bin")),
        Seeds.vectors("eventlogs/go-tpm-tools", ".bin"),
        Seeds.vectors("eventlogs/tpm2-tools", ".bin"),
        Seeds.vectors("eventlogs/malformed", ".bin"));
  }

  /** Reads, replays and draws every fact, as an appraisal does. */
  private static void eventLog(byte[] input) throws MalformedException {
    UntrustedEventLog log = UntrustedEventLog.parse(input, LogLimits.DEFAULT);
    for (TpmHash bank : log.banks()) {
      if (bank.isSupported()) {
        Replay.replay(log, bank);
        BootFacts facts = BootFacts.draw(log, bank);
        for (CaptureLevel level : CaptureLevel.values()) {
          BootBaseline baseline = BootBaseline.capture("b", facts, level);
          require(baseline.compare(facts).isEmpty(), "a boot is its own baseline");
          baseline.describe();
        }
      }
    }
  }

  /** {@return everything that a genuine boot can be held to} */
  static BootBaseline baseline() {
    try {
      UntrustedEventLog log = UntrustedEventLog.parse(eventLogs().getFirst(), LogLimits.DEFAULT);
      return BootBaseline.capture(
          "genuine", BootFacts.draw(log, TpmHash.SHA256), CaptureLevel.EVERYTHING);
    } catch (MalformedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void ima(byte[] input) throws Exception {
    ImaReplay.replay(
        new ByteArrayInputStream(input),
        new ImaOptions(Set.of(TpmHash.SHA1, TpmHash.SHA256), true, Optional.empty()),
        entry -> {
          entry.fileName();
          entry.fileDigest();
          entry.isViolation();
        });
  }

  private static void certificate(byte[] input) throws MalformedException {
    for (UntrustedCertificate each : CertificateFile.parse(input)) {
      TpmIdentity.of(each);
      each.key().describe();
      var _ = each.issuer().toString();
      CertificateChain.check(each, List.of(each), List.of(), each.notBefore());
    }
  }

  private static byte[] imaData() {
    byte[] hash = Bytes.concat(Bytes.ofText("sha256:\0"), Bytes.zeros(32)).toArray();
    byte[] name = Seeds.utf8("/usr/bin/true\0");
    return ByteBuffer.allocate(8 + hash.length + name.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(hash.length)
        .put(hash)
        .putInt(name.length)
        .put(name)
        .array();
  }

  private static byte[] imaBinary() {
    byte[] data = imaData();
    byte[] template = Seeds.utf8("ima-ng");
    return ByteBuffer.allocate(32 + template.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(10)
        .put(TpmHash.SHA1.hash(Bytes.of(data)).toArray())
        .putInt(template.length)
        .put(template)
        .putInt(data.length)
        .put(data)
        .array();
  }

  private static byte[] imaText() {
    String digest = TpmHash.SHA1.hash(Bytes.of(imaData())).hex();
    String zeros = HexFormat.of().formatHex(new byte[32]);
    return Seeds.utf8(
        "10 "
            + digest
            + " ima-ng sha256:"
            + zeros
            + " /usr/bin/true\n"
            + "10 "
            + digest
            + " ima-sig sha256:"
            + zeros
            + " /usr/bin/a b 030204\n"
            + "10 "
            + "0".repeat(40)
            + " ima-ng sha1:"
            + "0".repeat(40)
            + " /violation\n");
  }
}
