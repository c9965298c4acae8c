package org.shieldwall.lab.bench;

import java.security.DigestException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;

/**
 * What cannot be left out of a verification: hashing every event's data and every IMA entry once,
 * extending a PCR with each, checking one signature. Bare, over buffers that lie ready.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Primitives {
  private static final int TEMPLATE_DATA = 80;
  private static final int SHA256 = 32;

  private final byte[] pcr = new byte[SHA256];
  private final byte[] digest = new byte[SHA256];
  private final byte[] templateData = new byte[TEMPLATE_DATA];
  private final byte[] message = new byte[145];
  private List<byte[]> events = List.of();
  private List<Signed> signed = List.of();

  private record Signed(String algorithm, PublicKey key, Bytes signature) {}

  /** How many IMA entries. */
  @State(Scope.Benchmark)
  public static class Entries {
    /** Entries of the IMA list. */
    @Param({"50", "1000", "20000"})
    public int entries;
  }

  /** Lays the buffers ready. */
  @Setup
  public void prepare() throws Exception {
    Providers.asTheService();
    List<byte[]> data = new ArrayList<>();
    UntrustedEventLog log =
        UntrustedEventLog.parse(BenchEvidence.of(1).log().toArray(), LogLimits.DEFAULT);
    for (UntrustedEvent event : log.events()) {
      data.add(event.data().toArray());
    }
    events = data;
    signed = List.of(sign("RSA", 2048, "SHA256withRSA"), sign("EC", 256, "SHA256withECDSA"));
  }

  private Signed sign(String keys, int size, String algorithm) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(keys);
    generator.initialize(size);
    KeyPair pair = generator.generateKeyPair();
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(pair.getPrivate());
    signer.update(message);
    return new Signed(algorithm, pair.getPublic(), Bytes.of(signer.sign()));
  }

  private static MessageDigest sha256() throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256");
  }

  private void extend(MessageDigest sha256) throws DigestException {
    sha256.update(pcr);
    sha256.update(digest);
    sha256.digest(pcr, 0, SHA256);
  }

  /** SHA-256 of each event's data, and an extend with each. */
  @Benchmark
  public byte[] eventLog() throws GeneralSecurityException {
    MessageDigest sha256 = sha256();
    for (byte[] each : events) {
      sha256.update(each);
      sha256.digest(digest, 0, SHA256);
      extend(sha256);
    }
    return pcr;
  }

  /** SHA-256 of each entry's template data, and an extend with each. */
  @Benchmark
  public byte[] imaList(Entries given) throws GeneralSecurityException {
    MessageDigest sha256 = sha256();
    for (int i = 0; i < given.entries; i++) {
      sha256.update(templateData);
      sha256.digest(digest, 0, SHA256);
      extend(sha256);
    }
    return pcr;
  }

  /** Checks a quote's signature by RSA-2048. */
  @Benchmark
  public boolean verifyRsa() throws GeneralSecurityException {
    return verify(signed.get(0));
  }

  /** Checks a quote's signature by ECDSA on P-256. */
  @Benchmark
  public boolean verifyEcdsa() throws GeneralSecurityException {
    return verify(signed.get(1));
  }

  private boolean verify(Signed each) throws GeneralSecurityException {
    Signature verifier = Signature.getInstance(each.algorithm());
    verifier.initVerify(each.key());
    verifier.update(message);
    return verifier.verify(each.signature().toArray());
  }
}
