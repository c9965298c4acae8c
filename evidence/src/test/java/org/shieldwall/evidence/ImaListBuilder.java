package org.shieldwall.evidence;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Writes IMA lists as the kernel does, in both forms, and keeps PCR 10. */
public final class ImaListBuilder {
  private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
  private final StringBuilder text = new StringBuilder();
  private final List<Bytes> sha256 = new ArrayList<>(List.of(Bytes.zeros(32)));
  private Bytes sha1 = Bytes.zeros(20);

  /** Starts with a PCR 10 of zero. */
  public ImaListBuilder() {}

  /** An entry of template {@code ima-ng}. */
  public ImaListBuilder file(String name, Bytes digest) {
    return entry("ima-ng", name, digest, List.of());
  }

  /** An entry of a template with fields after the name; empty ones are left empty. */
  public ImaListBuilder entry(String template, String name, Bytes digest, List<Bytes> more) {
    Bytes data =
        Bytes.concat(
            sized(Bytes.concat(Bytes.ofText("sha256:\0"), digest)),
            sized(Bytes.ofText(name + "\0")));
    StringBuilder fields = new StringBuilder("sha256:" + digest.hex() + " " + name);
    for (Bytes each : more) {
      data = Bytes.concat(data, sized(each));
      fields.append(' ').append(each.hex());
    }
    Bytes templateDigest = TpmHash.SHA1.hash(data);
    write(template, templateDigest, Bytes.concat(number(data.length()), data), fields.toString());
    extend(templateDigest, TpmHash.SHA256.hash(data));
    return this;
  }

  /** An entry of the first template. */
  public ImaListBuilder original(String name, Bytes sha1Digest) {
    Bytes text8 = Bytes.ofText(name);
    Bytes hashed = Bytes.concat(sha1Digest, text8, Bytes.zeros(256 - text8.length()));
    Bytes templateDigest = TpmHash.SHA1.hash(hashed);
    write(
        "ima",
        templateDigest,
        Bytes.concat(sha1Digest, number(text8.length()), text8),
        sha1Digest.hex() + " " + name);
    extend(templateDigest, TpmHash.SHA256.hash(hashed));
    return this;
  }

  /** A file that was open for writing. */
  public ImaListBuilder violation(String name) {
    Bytes data =
        Bytes.concat(
            sized(Bytes.concat(Bytes.ofText("sha256:\0"), Bytes.zeros(32))),
            sized(Bytes.ofText(name + "\0")));
    write(
        "ima-ng",
        Bytes.zeros(20),
        Bytes.concat(number(data.length()), data),
        "sha256:" + "00".repeat(32) + " " + name);
    extend(Bytes.ofHex("ff".repeat(20)), Bytes.ofHex("ff".repeat(32)));
    return this;
  }

  private void write(String template, Bytes templateDigest, Bytes data, String fields) {
    binary.writeBytes(
        Bytes.concat(
                number(10), templateDigest, number(template.length()), Bytes.ofText(template), data)
            .toArray());
    text.append("10 %s %s %s%n".formatted(templateDigest.hex(), template, fields));
  }

  private void extend(Bytes withSha1, Bytes withSha256) {
    sha1 = TpmHash.SHA1.extend(sha1, withSha1);
    sha256.add(TpmHash.SHA256.extend(sha256.getLast(), withSha256));
  }

  private static Bytes sized(Bytes value) {
    return Bytes.concat(number(value.length()), value);
  }

  private static Bytes number(int value) {
    return Bytes.of(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  /** {@return the binary list} */
  public Bytes binary() {
    return Bytes.of(binary.toByteArray());
  }

  /** {@return the list as text} */
  public Bytes text() {
    return Bytes.ofText(text.toString());
  }

  /** {@return PCR 10 of the SHA-256 bank after so many entries} */
  public Bytes sha256After(int entries) {
    return sha256.get(entries);
  }

  /** {@return PCR 10 of the SHA-256 bank after the last entry} */
  public Bytes sha256() {
    return sha256.getLast();
  }

  /** {@return PCR 10 of the SHA-1 bank after the last entry} */
  public Bytes sha1() {
    return sha1;
  }
}
