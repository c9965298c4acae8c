package org.shieldwall.host.attest.hostkey;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SecretFile;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PemPublicKey;

/**
 * A host key in a file of mode 0600: the private key (PKCS #8) and the public key, both in PEM.
 * Whoever copies the file is this host.
 */
public final class FileKey implements HostKeySigner {
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";
  private static final String MAKE = "shieldwall host key new";
  private static final int MAX_BYTES = 32 << 10;
  private static final int LINE = 64;
  private static final int P256_BITS = 256;
  private static final int SALT_BYTES = 48;

  private final PrivateKey privateKey;
  private final PublicKey publicKey;

  private FileKey(PrivateKey privateKey, PublicKey publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** Makes a key on P-384 and writes it to a new file. */
  public static FileKey create(Path file, SecureRandom random) throws AgentException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp384r1"), random);
      KeyPair pair = generator.generateKeyPair();
      byte[] der = pair.getPrivate().getEncoded();
      byte[] base64 = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encode(der);
      byte[] content =
          joined(
              (BEGIN + "\n").getBytes(StandardCharsets.US_ASCII),
              base64,
              ("\n" + END + "\n").getBytes(StandardCharsets.US_ASCII),
              HostKeyDocument.pem(pair.getPublic()));
      try {
        SecretFile.create(file, content);
      } finally {
        Arrays.fill(der, (byte) 0);
        Arrays.fill(base64, (byte) 0);
        Arrays.fill(content, (byte) 0);
      }
      return new FileKey(pair.getPrivate(), pair.getPublic());
    } catch (ProtectorException e) {
      throw unusable(e.detail(), "name another file, or remove this one first");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has P-384", e);
    }
  }

  private static byte[] joined(byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  /** Reads a key; refuses a file that group or others have any right to. */
  public static FileKey read(Path file) throws AgentException {
    byte[] content;
    try {
      content = SecretFile.read(file, MAX_BYTES);
    } catch (ProtectorException e) {
      throw unusable(
          e.detail(),
          e.code() == ProtectorException.Code.UNSAFE_PERMISSIONS ? "chmod 0600 " + file : MAKE);
    }
    try {
      PublicKey publicKey = PemPublicKey.parse(content);
      FileKey key = new FileKey(privateKey(content, publicKey.getAlgorithm()), publicKey);
      key.requirePair(file);
      return key;
    } catch (MalformedException e) {
      throw unusable(
          file + " lacks the public key beside the private one",
          "openssl pkey -in " + file + " -pubout >> " + file);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // Without the cause: it may describe the key.
      throw unusable(
          file + " holds no private key of the kind of its public key, unencrypted, in PKCS #8",
          MAKE);
    } finally {
      Arrays.fill(content, (byte) 0);
    }
  }

  private static PrivateKey privateKey(byte[] content, String algorithm)
      throws GeneralSecurityException {
    int begin = indexOf(content, BEGIN, 0);
    int end = begin < 0 ? -1 : indexOf(content, END, begin);
    if (end < 0) {
      throw new IllegalArgumentException("no private key");
    }
    byte[] base64 = Arrays.copyOfRange(content, begin + BEGIN.length(), end);
    byte[] der = Base64.getMimeDecoder().decode(base64);
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
    } finally {
      Arrays.fill(base64, (byte) 0);
      Arrays.fill(der, (byte) 0);
    }
  }

  private static int indexOf(byte[] content, String text, int from) {
    byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
    for (int at = from; at + wanted.length <= content.length; at++) {
      if (Arrays.equals(content, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    return -1;
  }

  private void requirePair(Path file) throws GeneralSecurityException, AgentException {
    Bytes probe = Bytes.ofText("does the one belong to the other?");
    Signature check = algorithm();
    check.initVerify(publicKey);
    check.update(probe.toArray());
    if (!check.verify(sign(probe).toArray())) {
      throw unusable(file + ": its public key is not that of its private key", MAKE);
    }
  }

  private Signature algorithm() throws GeneralSecurityException {
    if (publicKey instanceof ECPublicKey ec) {
      return Signature.getInstance(
          ec.getParams().getOrder().bitLength() == P256_BITS
              ? "SHA256withECDSAinP1363Format"
              : "SHA384withECDSAinP1363Format");
    }
    Signature pss = Signature.getInstance("RSASSA-PSS");
    pss.setParameter(
        new PSSParameterSpec(
            "SHA-384",
            "MGF1",
            MGF1ParameterSpec.SHA384,
            SALT_BYTES,
            PSSParameterSpec.TRAILER_FIELD_BC));
    return pss;
  }

  @Override
  public PublicKey publicKey() {
    return publicKey;
  }

  @Override
  public Bytes sign(Bytes message) throws AgentException {
    try {
      Signature signature = algorithm();
      signature.initSign(privateKey);
      signature.update(message.toArray());
      return Bytes.of(signature.sign());
    } catch (GeneralSecurityException e) {
      throw unusable("the host key does not sign (" + e.getClass().getSimpleName() + ")", MAKE);
    }
  }

  private static AgentException unusable(String what, String remedy) {
    return new AgentException(Kind.UNAVAILABLE, "host-key-not-usable", what, remedy);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "FileKey[" + publicKey.getAlgorithm() + "]";
  }
}
