package org.shieldwall.tpm;

import java.util.stream.Stream;
import org.shieldwall.tpm.ParserTortureTest.Subject;

/** One good input per parser, made here so that the tests need nothing from outside. */
final class TortureSubjects {
  private TortureSubjects() {}

  static Stream<Subject> all() {
    return Stream.of(
        new Subject("RSA public area", rsa().raw(), TortureSubjects::area),
        new Subject("ECC public area", ecc().raw(), TortureSubjects::area),
        new Subject("sealed data's public area", sealed().raw(), TortureSubjects::area),
        new Subject("symmetric public area", symmetric().raw(), TortureSubjects::area),
        new Subject(
            "sized public area",
            ecc().sized(),
            input -> TpmPublic.parseSized(input).sized().toArray()),
        new Subject("quote", Bytes.of(quote()), input -> TpmAttest.parse(input).raw().toArray()),
        new Subject(
            "RSA signature",
            new TpmSignature.Rsa(TpmAlgorithm.RSASSA, TpmHash.SHA256, Bytes.zeros(256)).marshal(),
            input -> TpmSignature.parse(input).marshal().toArray()),
        new Subject(
            "ECDSA signature",
            new TpmSignature.Ecdsa(TpmHash.SHA256, Bytes.zeros(32), Bytes.zeros(31)).marshal(),
            input -> TpmSignature.parse(input).marshal().toArray()),
        new Subject(
            "PCR selection",
            PcrSelection.of(TpmHash.SHA1, 0, 7).and(TpmHash.SHA256, 23).marshal(),
            input -> PcrSelection.parse(input).marshal().toArray()),
        new Subject(
            "credential",
            new ByteWriter().sized(new byte[68]).sized(new byte[256]).toBytes(),
            input -> Credential.parse(input).marshal().toArray()));
  }

  /** Parses, rebuilds from the fields and leaves the key conversion to succeed or refuse. */
  private static byte[] area(byte[] input) throws MalformedException {
    TpmPublic area = TpmPublic.parse(input);
    try {
      area.publicKey();
    } catch (MalformedException refused) {
      // Off the curve, even modulus and the like: the area itself is well formed.
      assert refused.structure().equals("public key");
    }
    return TpmPublic.of(area.nameAlg(), area.attributes(), area.authPolicy(), area.key())
        .raw()
        .toArray();
  }

  static TpmPublic rsa() {
    byte[] modulus = new byte[256];
    java.util.Arrays.fill(modulus, (byte) 0xC1);
    return TpmPublic.of(
        TpmHash.SHA256,
        ObjectAttributes.of(ObjectAttribute.SIGN, ObjectAttribute.RESTRICTED),
        Bytes.zeros(32),
        new TpmKey.Rsa(
            SymmetricDefinition.NONE,
            TpmScheme.of(TpmAlgorithm.RSASSA, TpmHash.SHA256),
            2048,
            0,
            Bytes.of(modulus)));
  }

  static TpmPublic ecc() {
    // The generator of P-256 (SEC 2, section 2.4.2).
    return TpmPublic.of(
        TpmHash.SHA256,
        ObjectAttributes.of(ObjectAttribute.DECRYPT, ObjectAttribute.RESTRICTED),
        Bytes.EMPTY,
        new TpmKey.Ecc(
            SymmetricDefinition.AES_128_CFB,
            TpmScheme.NONE,
            TpmCurve.NIST_P256,
            TpmScheme.NONE,
            Bytes.ofHex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            Bytes.ofHex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")));
  }

  private static TpmPublic sealed() {
    return TpmPublic.of(
        TpmHash.SHA256,
        ObjectAttributes.of(ObjectAttribute.FIXED_TPM, ObjectAttribute.NO_DA),
        Bytes.zeros(32),
        new TpmKey.KeyedHash(TpmScheme.NONE, Bytes.zeros(32)));
  }

  private static TpmPublic symmetric() {
    return TpmPublic.of(
        TpmHash.SHA1,
        ObjectAttributes.of(ObjectAttribute.DECRYPT),
        Bytes.EMPTY,
        new TpmKey.SymmetricCipher(SymmetricDefinition.AES_128_CFB, Bytes.zeros(20)));
  }

  static byte[] quote() {
    ByteWriter out = new ByteWriter();
    out.u32(TpmAttest.MAGIC).u16(TpmAttest.TYPE_QUOTE);
    out.sized(ecc().name().value()).sized(Bytes.ofText("nonce"));
    out.u64(1234).u32(5).u32(6).u8(1).u64(0x2019_1023_0016_3636L);
    PcrSelection.of(TpmHash.SHA256, 0, 1, 2, 7).write(out);
    return out.sized(Bytes.zeros(32)).toByteArray();
  }
}
