package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import org.shieldwall.tpm.AttestationKeyFlaw;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PemPublicKey;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmSignature;
import org.shieldwall.tpm.command.CreatedObject;

/** Structures of a TPM, as they stand in messages, files and a TPM's answers. */
final class TpmTargets {
  private TpmTargets() {}

  static List<FuzzTarget> all() {
    return List.of(
        FuzzTarget.of(
            "tpm-public",
            TpmTargets::publicAreas,
            TpmTargets::publicArea,
            MalformedException.class),
        FuzzTarget.of(
            "tpm-attest",
            () -> Seeds.all(List.of(quote()), Seeds.vectors("bench/100", "quote.attest")),
            input -> require(TpmAttest.parse(input).raw().equals(Bytes.of(input)), "raw bytes"),
            MalformedException.class),
        FuzzTarget.of(
            "tpm-signature",
            TpmTargets::signatures,
            input ->
                require(
                    TpmSignature.parse(input).marshal().equals(Bytes.of(input)),
                    "a signature is printed as it was read"),
            MalformedException.class),
        FuzzTarget.of(
            "tpm-credential",
            () ->
                List.of(
                    new Credential(sized(50), sized(256)).marshal().toArray(),
                    new Credential(sized(34), sized(68)).marshal().toArray()),
            input ->
                require(
                    Credential.parse(input).marshal().equals(Bytes.of(input)),
                    "a credential is printed as it was read"),
            MalformedException.class),
        FuzzTarget.of(
            "tpm-created-object",
            () ->
                List.of(
                    new CreatedObject(Bytes.zeros(90), KeyTemplates.storageEccP256())
                        .marshal()
                        .toArray()),
            input ->
                require(
                    CreatedObject.parse(input).marshal().equals(Bytes.of(input)),
                    "an object is printed as it was read"),
            MalformedException.class),
        FuzzTarget.of(
            "tpm-pcr-selection",
            () ->
                List.of(
                    PcrSelection.of(TpmHash.SHA256, 0, 7, 15).marshal().toArray(),
                    PcrSelection.all(TpmHash.SHA1, TpmHash.SHA384).marshal().toArray()),
            input -> {
              PcrSelection read = PcrSelection.parse(input);
              require(
                  PcrSelection.parse(read.marshal().toArray()).equals(read),
                  "a selection reads as it was printed");
            },
            MalformedException.class),
        FuzzTarget.of(
            "pem-public-key", TpmTargets::pem, PemPublicKey::parse, MalformedException.class));
  }

  private static void publicArea(byte[] input) throws MalformedException {
    TpmPublic area = parsed(input);
    require(TpmPublic.parseSized(area.sized().toArray()).equals(area), "a key reads as printed");
    AttestationKeyFlaw.of(area);
    area.name();
    try {
      area.publicKey();
    } catch (MalformedException e) {
      // A template has no key yet, and numbers that make none are only seen here.
    }
  }

  private static TpmPublic parsed(byte[] input) throws MalformedException {
    try {
      return TpmPublic.parseSized(input);
    } catch (MalformedException e) {
      return TpmPublic.parse(input);
    }
  }

  private static Bytes sized(int length) {
    return new ByteWriter().sized(Bytes.zeros(length)).toBytes();
  }

  private static List<byte[]> publicAreas() {
    return Seeds.all(
        List.of(
            KeyTemplates.endorsementRsa2048().sized().toArray(),
            KeyTemplates.endorsementEccP256().sized().toArray(),
            KeyTemplates.attestationEccP256(Bytes.zeros(32)).sized().toArray(),
            KeyTemplates.storageEccP256().sized().toArray()),
        Seeds.vectors("bench/100", "tpm2b_public"));
  }

  private static byte[] quote() {
    return new ByteWriter()
        .u32(TpmAttest.MAGIC)
        .u16(0x8018)
        .sized(Bytes.zeros(34))
        .sized(Bytes.zeros(32))
        .u64(1)
        .u32(2)
        .u32(3)
        .u8(1)
        .u64(4)
        .bytes(PcrSelection.of(TpmHash.SHA256, 4, 7).marshal())
        .sized(Bytes.zeros(32))
        .toBytes()
        .toArray();
  }

  private static List<byte[]> signatures() {
    return Seeds.all(
        List.of(
            new TpmSignature.Ecdsa(TpmHash.SHA256, Bytes.zeros(32), Bytes.zeros(32))
                .marshal()
                .toArray()),
        Seeds.vectors("bench/100", "quote.signature"));
  }

  private static List<byte[]> pem() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      String body =
          Base64.getMimeEncoder(64, new byte[] {'\n'})
              .encodeToString(generator.generateKeyPair().getPublic().getEncoded());
      return Seeds.texts("-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
