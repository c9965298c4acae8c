package org.shieldwall.enclave.state;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.shieldwall.protector.B64u;
import org.shieldwall.protector.Digest;

/**
 * A digest over a generation's sealed state (formats.md, "Report and lease"): what the enclave
 * reports when a VM has ended, and asks for when it starts again. Its keys alone would take an
 * older state of the same generation.
 */
public final class StateDigest {
  private StateDigest() {}

  /**
   * {@return the digest of UEFI variables, vTPM and kept keys as they lie there} Saved memory is
   * not read: its key, which lies among the kept ones, was used for that one file and no other.
   */
  public static Digest of(VmDirectory.Generation generation) throws IOException {
    List<Path> files = new ArrayList<>(List.of(generation.variables(), generation.keys()));
    try (Stream<Path> vtpm = Files.walk(generation.vtpm())) {
      vtpm.filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)).forEach(files::add);
    }
    files.sort(Comparator.comparing(each -> name(generation, each)));
    MessageDigest whole = sha256();
    for (Path file : files) {
      whole.update(name(generation, file).getBytes(StandardCharsets.UTF_8));
      whole.update((byte) 0);
      add(file, whole);
    }
    return new Digest(B64u.encode(whole.digest()));
  }

  private static String name(VmDirectory.Generation generation, Path file) {
    return generation.folder().relativize(file).toString();
  }

  private static void add(Path file, MessageDigest whole) throws IOException {
    MessageDigest content = sha256();
    long length = 0;
    byte[] buffer = new byte[64 << 10];
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        content.update(buffer, 0, count);
        length += count;
      }
    }
    whole.update(ByteBuffer.allocate(Long.BYTES).putLong(length).array());
    whole.update(content.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }
}
