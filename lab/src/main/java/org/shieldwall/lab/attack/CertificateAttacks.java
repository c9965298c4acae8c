package org.shieldwall.lab.attack;

import static org.shieldwall.lab.attack.Attack.require;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.SealedFile;
import org.shieldwall.protector.secret.SecretAccess;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.tpm.Bytes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Health certificates that no service has issued so, or none for so long. */
final class CertificateAttacks {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Set<String> NOT_GOOD = Set.of("certificate-not-good");
  private static final String SIGNER = "shieldwall-hgs-attestation-signer-key-1";
  private static final ASN1ObjectIdentifier CLAIMS =
      new ASN1ObjectIdentifier(HealthCertificate.CLAIMS_OID);

  private final Stage stage;
  private final ServiceAttacks service;

  CertificateAttacks(Stage stage, ServiceAttacks service) {
    this.stage = stage;
    this.service = service;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "certificate-expired",
            Attacker.A3,
            "the service's own certificate of this enclave, an hour after its end",
            this::expired),
        attack(
            "certificate-self-made",
            Attacker.A4,
            "the same words, signed by a signer of the attacker's",
            this::selfMade),
        attack(
            "certificate-enclave-changed",
            Attacker.A4,
            "a genuine certificate with the attacker's enclave keys in it",
            this::enclaveChanged));
  }

  private static Attack attack(String name, Attacker who, String tried, Attack.Play play) {
    return new Attack(
        name, who, "P3", "the same certificate, not altered, has keys released", tried, play);
  }

  private X509CertificateHolder genuine() throws Exception {
    return new X509CertificateHolder(service.certificate(stage.host()).toArray());
  }

  /** The judge has the service's key: it signs what the service once signed, at another time. */
  private PrivateKey signer() throws Exception {
    Path hgs = stage.demo().hgs;
    try (SecretBytes key =
        SealedFile.open(
            hgs.resolve("attestation-signer-key.sealed"),
            SIGNER,
            new SealedFile.Unlock.KeyFile(hgs.resolve("unlock.key")),
            SecretArena.plain())) {
      byte[] pkcs8 = key.expose(SecretAccess.because("the judge plays the clock"), byte[]::clone);
      return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }
  }

  private static Bytes signed(
      X509CertificateHolder like,
      Instant from,
      Instant to,
      SubjectPublicKeyInfo key,
      ASN1Encodable claims,
      PrivateKey signer)
      throws Exception {
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            like.getIssuer(),
            like.getSerialNumber(),
            Date.from(from),
            Date.from(to),
            like.getSubject(),
            key);
    for (Object each : like.getExtensionOIDs()) {
      ASN1ObjectIdentifier id = (ASN1ObjectIdentifier) each;
      if (id.equals(CLAIMS)) {
        builder.addExtension(id, false, claims);
      } else {
        builder.addExtension(like.getExtension(id));
      }
    }
    return Bytes.of(
        builder.build(new JcaContentSignerBuilder("SHA384withECDSA").build(signer)).getEncoded());
  }

  private static ASN1Encodable claims(X509CertificateHolder certificate) {
    return certificate.getExtension(CLAIMS).getParsedValue();
  }

  private Bytes lasting(X509CertificateHolder like, Instant from, Instant to) throws Exception {
    return signed(like, from, to, like.getSubjectPublicKeyInfo(), claims(like), signer());
  }

  private Outcome expired() throws Exception {
    X509CertificateHolder like = genuine();
    Instant from = like.getNotBefore().toInstant();
    Bytes good = lasting(like, from, like.getNotAfter().toInstant());
    require(
        service.release(good, service.prepared(stage.host()).request(), NOT_GOOD)
            instanceof Outcome.Succeeded,
        "the same certificate in its time does not count");
    Bytes old =
        lasting(like, from.minus(Duration.ofHours(9)), Instant.now().minus(Duration.ofHours(1)));
    return service.release(old, service.prepared(stage.host()).request(), NOT_GOOD, "expired at");
  }

  private Outcome selfMade() throws Exception {
    X509CertificateHolder like = genuine();
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp384r1"), RANDOM);
    PrivateKeySet own = PrivateKeySet.generate(RANDOM);
    Bytes made =
        signed(
            like,
            like.getNotBefore().toInstant(),
            like.getNotAfter().toInstant(),
            key(own.publicKeys().signing()),
            claimsOf(like, own),
            generator.generateKeyPair().getPrivate());
    return service.release(made, requestOf(own), NOT_GOOD, "not signed by");
  }

  private Outcome enclaveChanged() throws Exception {
    X509CertificateHolder like = genuine();
    PrivateKeySet own = PrivateKeySet.generate(RANDOM);
    X509CertificateHolder changed =
        new X509CertificateHolder(
            signed(
                    like,
                    like.getNotBefore().toInstant(),
                    like.getNotAfter().toInstant(),
                    key(own.publicKeys().signing()),
                    claimsOf(like, own),
                    signer())
                .toArray());
    Bytes genuineSignature =
        Bytes.of(
            new DERSequence(
                    new ASN1Encodable[] {
                      changed.toASN1Structure().getTBSCertificate(),
                      like.getSignatureAlgorithm(),
                      new DERBitString(like.getSignature())
                    })
                .getEncoded());
    return service.release(genuineSignature, requestOf(own), NOT_GOOD, "not signed by");
  }

  private static SubjectPublicKeyInfo key(PublicKey key) {
    return SubjectPublicKeyInfo.getInstance(key.getEncoded());
  }

  /** What the genuine certificate says, of other keys. */
  private static ASN1Encodable claimsOf(X509CertificateHolder like, PrivateKeySet enclave)
      throws Exception {
    byte[] old = DEROctetString.getInstance(claims(like)).getOctets();
    ObjectNode words = (ObjectNode) Json.parse(old, "claims", 32 << 10).node();
    words.set("enclave", enclave.publicKeys().toJson());
    return new DEROctetString(Json.bytes(words));
  }

  private JsonNode requestOf(PrivateKeySet enclave) throws Exception {
    KeyProtector protector =
        KeyProtector.parse(Files.readAllBytes(stage.vm().resolve("state/protector.json")));
    return ReleaseRequest.create(ReleaseRequest.Purpose.START, protector, enclave, RANDOM)
        .request()
        .toJson();
  }
}
