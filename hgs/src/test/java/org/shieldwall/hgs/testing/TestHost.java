package org.shieldwall.hgs.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.AttestationBinding;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Capabilities;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Quoted;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmException;
import org.shieldwall.tpm.command.TpmObject;
import org.shieldwall.tpm.command.TpmSession;
import org.shieldwall.tpm.swtpm.SwtpmOptions;
import org.shieldwall.tpm.swtpm.SwtpmProcess;

/** A host with an swtpm that has measured a boot and one enclave. */
public final class TestHost implements AutoCloseable {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** NV index of the RSA-2048 EK's certificate (TCG EK Credential Profile 2.5, 2.2.1.4). */
  private static final int NV_EK_RSA = 0x01C00002;

  private final String name;
  private final Path folder;
  private SwtpmProcess process;
  private Tpm tpm;
  private TpmObject ek;
  private TpmObject ak;
  private final Optional<Bytes> certificate;
  private BootLog boot;
  private final ByteArrayOutputStream ima = new ByteArrayOutputStream();
  private final List<Integer> imaEntries = new ArrayList<>();
  private int measured;
  private PrivateKeySet enclave = PrivateKeySet.generate(RANDOM);

  private TestHost(String name, Path folder, SwtpmProcess process, Tpm tpm, BootLog boot)
      throws TpmException {
    this.name = name;
    this.folder = folder;
    this.process = process;
    this.tpm = tpm;
    this.boot = boot;
    for (BootLog.Event event : boot.events()) {
      tpm.pcrs().extend(event.pcr(), Map.of(TpmHash.SHA256, event.digest()));
    }
    boolean certified = tpm.capabilities().handles(Capabilities.NV).contains(NV_EK_RSA);
    this.certificate = certified ? Optional.of(tpm.nv().read(NV_EK_RSA)) : Optional.empty();
    this.ek =
        tpm.keys()
            .createPrimary(
                Hierarchy.ENDORSEMENT,
                certified ? KeyTemplates.endorsementRsa2048() : KeyTemplates.endorsementEccP256());
    this.ak = newAttestationKey("attestation key");
    measureEnclave(enclave.publicKeys());
  }

  /** Starts a host; the test is skipped, and says so, where swtpm is not installed. */
  public static TestHost boot(String name, BootLog boot) throws IOException, TpmException {
    boolean found =
        Stream.of(System.getenv().getOrDefault("PATH", "/usr/bin").split(":", -1))
            .anyMatch(each -> Files.isExecutable(Path.of(each, "swtpm")));
    assumeTrue(found, "skipped: no swtpm; install the package swtpm");
    Path folder = newFolder();
    return start(name, folder, boot);
  }

  /** Starts a host whose TPM this maker made and certified. */
  public static TestHost boot(String name, BootLog boot, TestMaker maker)
      throws IOException, TpmException, InterruptedException {
    Path folder = newFolder();
    maker.manufacture(folder.resolve("state"));
    return start(name, folder, boot);
  }

  /** Unix sockets need a short path, shorter than JUnit's folders may be. */
  private static Path newFolder() throws IOException {
    Path folder = Files.createTempDirectory("swtpm");
    Files.createDirectories(folder.resolve("state"));
    return folder;
  }

  private static TestHost start(String name, Path folder, BootLog boot)
      throws IOException, TpmException {
    SwtpmProcess process =
        SwtpmProcess.start(SwtpmOptions.standalone(folder.resolve("state"), folder));
    return new TestHost(name, folder, process, process.connect(), boot);
  }

  /** Boots the same machine again, otherwise: its TPM keeps its seeds and starts its PCRs anew. */
  public void reboot(BootLog boot) throws IOException, TpmException {
    ak.close();
    ek.close();
    tpm.close();
    process.close();
    process = SwtpmProcess.start(SwtpmOptions.standalone(folder.resolve("state"), folder));
    tpm = process.connect();
    this.boot = boot;
    ima.reset();
    imaEntries.clear();
    measured = 0;
    for (BootLog.Event event : boot.events()) {
      tpm.pcrs().extend(event.pcr(), Map.of(TpmHash.SHA256, event.digest()));
    }
    ek =
        tpm.keys()
            .createPrimary(
                Hierarchy.ENDORSEMENT,
                certificate.isPresent()
                    ? KeyTemplates.endorsementRsa2048()
                    : KeyTemplates.endorsementEccP256());
    ak = newAttestationKey("attestation key");
    enclave = PrivateKeySet.generate(RANDOM); // an enclave's keys do not outlive its boot
    measureEnclave(enclave.publicKeys());
  }

  private TpmObject newAttestationKey(String salt) throws TpmException {
    return tpm.keys()
        .createPrimary(
            Hierarchy.ENDORSEMENT,
            KeyTemplates.attestationEccP256(TpmHash.SHA256.hash(Bytes.ofText(salt))));
  }

  /** Extends the enclave's PCR, as each enclave does once. */
  public void measureEnclave(KeySet keys) throws TpmException {
    tpm.pcrs()
        .extend(
            AttestationBinding.ENCLAVE_PCR, Map.of(TpmHash.SHA256, Bytes.of(keys.id().bytes())));
  }

  /** Measures a file that was not measured in this boot, with the template ima-ng. */
  public void measureStrangeFile(String path, Bytes digest) throws TpmException {
    byte[] hash = Bytes.concat(Bytes.ofText("sha256:\0"), digest).toArray();
    byte[] file = (path + "\0").getBytes(StandardCharsets.UTF_8);
    ByteBuffer data =
        ByteBuffer.allocate(8 + hash.length + file.length).order(ByteOrder.LITTLE_ENDIAN);
    data.putInt(hash.length).put(hash).putInt(file.length).put(file);
    byte[] template = "ima-ng".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer entry =
        ByteBuffer.allocate(4 + 20 + 4 + template.length + 4 + data.capacity())
            .order(ByteOrder.LITTLE_ENDIAN);
    entry
        .putInt(10)
        .put(TpmHash.SHA1.hash(Bytes.of(data.array())).toArray())
        .putInt(template.length)
        .put(template)
        .putInt(data.capacity())
        .put(data.array());
    imaEntries.add(ima.size());
    ima.writeBytes(entry.array());
    tpm.pcrs().extend(10, Map.of(TpmHash.SHA256, TpmHash.SHA256.hash(Bytes.of(data.array()))));
  }

  /** {@return the IMA list without its first entries} */
  public Bytes imaFrom(long entries) {
    Bytes all = Bytes.of(ima.toByteArray());
    int from =
        entries < imaEntries.size() ? imaEntries.get(Math.toIntExact(entries)) : all.length();
    return all.slice(from, all.length());
  }

  /** {@return how often the TPM was powered on} */
  public long resetCount() throws TpmException {
    return tpm.clock().clock().resetCount();
  }

  /** The kernel measures files, as it did in this boot: so many more entries of its list. */
  public void measureFiles(int entries) throws TpmException {
    for (int i = 0; i < entries; i++) {
      Bytes entry = boot.ima().get(measured++);
      int template = 4 + 20 + 4;
      int data = template + entry.toArray()[template - 4] + 4;
      imaEntries.add(ima.size());
      ima.writeBytes(entry.toArray());
      Bytes extended = TpmHash.SHA256.hash(entry.slice(data, entry.length()));
      tpm.pcrs().extend(10, Map.of(TpmHash.SHA256, extended));
    }
  }

  public String name() {
    return name;
  }

  public PrivateKeySet enclave() {
    return enclave;
  }

  public Bytes log() {
    return boot.toBytes();
  }

  public HostIdentity identity() {
    return identity(name);
  }

  public HostIdentity identity(String called) {
    return new HostIdentity(called, ek.area().sized(), certificate, "swtpm");
  }

  public TpmPublic ekArea() {
    return ek.area();
  }

  public ChallengeRequest challengeRequest() {
    return new ChallengeRequest(
        ek.area().sized(), Optional.empty(), ak.area().sized(), enclave.publicKeys());
  }

  public AttestReply attest(HgsClient hgs) throws Exception {
    return hgs.attest(answer(hgs.challenge(challengeRequest())));
  }

  /** Attests, showing this certificate of the attestation key. */
  public AttestReply attest(HgsClient hgs, Bytes akCertificate) throws Exception {
    ChallengeRequest request =
        challengeRequest().with(Optional.of(akCertificate), OptionalLong.empty());
    return hgs.attest(answer(hgs.challenge(request)));
  }

  public AttestRequest answer(Challenge challenge) throws Exception {
    Bytes secret = challenge.asksForActivation() ? activate(challenge) : Bytes.EMPTY;
    return answer(challenge, secret, enclave.publicKeys());
  }

  /** Attests with another key of the same TPM from now on. */
  public void changeAttestationKey(String salt) throws TpmException {
    ak.close();
    ak = newAttestationKey(salt);
  }

  /** {@return an answer with this secret and for this enclave, genuine or not} */
  public AttestRequest answer(Challenge challenge, Bytes secret, KeySet keys) throws Exception {
    Bytes extraData = AttestationBinding.extraData(challenge.nonce(), Bytes.of(keys.id().bytes()));
    return answer(challenge, secret, keys, extraData);
  }

  public AttestRequest answer(Challenge challenge, Bytes secret, KeySet keys, Bytes extraData)
      throws Exception {
    List<Integer> pcrs = challenge.pcrs();
    PcrSelection selection =
        PcrSelection.of(TpmHash.SHA256, pcrs.stream().mapToInt(Integer::intValue).toArray());
    PcrValues values = tpm.pcrs().read(selection);
    Quoted quoted = tpm.keys().quote(ak, Authorization.none(), extraData, selection);
    ByteWriter signature = new ByteWriter();
    quoted.signature().write(signature);
    return new AttestRequest(
        challenge.token(),
        secret,
        ak.area().sized(),
        keys,
        quoted.attest().raw(),
        signature.toBytes(),
        new TreeMap<>(values.banks().get(TpmHash.SHA256)),
        boot.toBytes(),
        ima.size() > 0 && challenge.wantsIma()
            ? Optional.of(imaFrom(challenge.imaFrom()))
            : Optional.empty());
  }

  public Bytes activate(Challenge challenge) throws Exception {
    Credential credential =
        Credential.parse(
            Bytes.concat(challenge.credentialBlob(), challenge.encryptedSecret()).toArray());
    try (TpmSession session = tpm.policySession(TpmHash.SHA256)) {
      session.policySecret(Hierarchy.ENDORSEMENT, Authorization.none());
      return Bytes.of(
          tpm.keys()
              .activateCredential(
                  ak, Authorization.none(), ek, Authorization.session(session), credential));
    }
  }

  @Override
  public void close() throws IOException, TpmException {
    ak.close();
    ek.close();
    tpm.close();
    process.close();
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
