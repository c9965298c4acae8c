package org.shieldwall.lab.bench;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
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
  private static final int IMA_ENTRIES_OVER_HTTPS = 100;
  private static final int GCM_TAG_BITS = 128;

  /** JSON carries bytes as base64url, four characters for three. */
  private static final double ENCODED = 4 / 3.0;

  private static final int SHA256 = 32;

  private final byte[] pcr = new byte[SHA256];
  private final byte[] digest = new byte[SHA256];
  private final byte[] message = new byte[145];
  private List<byte[]> events = List.of();
  private List<Signed> signed = List.of();

  private record Signed(String algorithm, KeyPair pair, Bytes signature) {}

  /** What one attestation over HTTPS takes of both sides' processors, bare. */
  @State(Scope.Benchmark)
  public static class Exchange {
    byte[] log = new byte[0];
    byte[] body = new byte[0];
    List<byte[]> entries = List.of();
    SecretKeySpec key = new SecretKeySpec(new byte[16], "AES");
    long sent;

    /** Lays the buffers ready. */
    @Setup
    public void prepare() throws Exception {
      BenchEvidence evidence = BenchEvidence.of(IMA_ENTRIES_OVER_HTTPS);
      log = evidence.log().toArray();
      entries = ImaEntries.data(evidence.ima());
      body = new byte[(int) (ENCODED * (log.length + evidence.ima().length()))];
    }
  }

  /** How many IMA entries. */
  @State(Scope.Benchmark)
  public static class Entries {
    /** Entries of the IMA list. */
    @Param({"50", "1000", "20000"})
    public int entries;

    List<byte[]> data = List.of();

    /** Takes them from the lists that verification is measured with. */
    @Setup
    public void prepare() throws Exception {
      data = ImaEntries.data(BenchEvidence.of(entries).ima());
    }
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
    signed =
        List.of(
            sign("RSA", 2048, "SHA256withRSA"),
            sign("EC", 256, "SHA256withECDSA"),
            sign("EC", 384, "SHA384withECDSA"));
  }

  private Signed sign(String keys, int size, String algorithm) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(keys);
    generator.initialize(size);
    KeyPair pair = generator.generateKeyPair();
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(pair.getPrivate());
    signer.update(message);
    return new Signed(algorithm, pair, Bytes.of(signer.sign()));
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
    for (byte[] each : given.data) {
      sha256.update(each);
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

  /**
   * One attestation over HTTPS: the client signs a quote (P-256) and encrypts the answer's body;
   * the service decrypts it, hashes the log once and each entry, extends with each, checks the
   * quote and signs a certificate (P-384). Without the challenge, TCP, JSON, the store and the
   * disk.
   */
  @Benchmark
  public boolean exchange(Exchange given) throws GeneralSecurityException {
    sign(signed.get(1));
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    byte[] nonce = ByteBuffer.allocate(12).putLong(given.sent++).array();
    GCMParameterSpec parameters = new GCMParameterSpec(GCM_TAG_BITS, nonce);
    cipher.init(Cipher.ENCRYPT_MODE, given.key, parameters);
    byte[] sealed = cipher.doFinal(given.body);
    cipher.init(Cipher.DECRYPT_MODE, given.key, parameters);
    byte[] opened = cipher.doFinal(sealed);
    MessageDigest sha256 = sha256();
    sha256.digest(given.log);
    for (byte[] each : given.entries) {
      sha256.update(each);
      sha256.digest(digest, 0, SHA256);
      extend(sha256);
    }
    sign(signed.get(2));
    return verify(signed.get(1)) && opened.length == given.body.length;
  }

  private byte[] sign(Signed each) throws GeneralSecurityException {
    Signature signer = Signature.getInstance(each.algorithm());
    signer.initSign(each.pair().getPrivate());
    signer.update(message);
    return signer.sign();
  }

  private boolean verify(Signed each) throws GeneralSecurityException {
    Signature verifier = Signature.getInstance(each.algorithm());
    verifier.initVerify(each.pair().getPublic());
    verifier.update(message);
    return verifier.verify(each.signature().toArray());
  }
}
