package org.shieldwall.lab.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateKind;
import org.shieldwall.protector.state.StateReader;
import org.shieldwall.protector.state.StateWriter;

/** State containers under a key that is known here only, so that whole ones are read too. */
final class StateSeeds {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final SecretBytes ROOT = SecretBytes.random(SecretArena.plain(), 32, RANDOM);
  private static final StateIdentity WANTED =
      new StateIdentity(StateKind.UEFI_VARIABLES, new UUID(1, 2), 3, 0);
  private static final int LIMIT = 1 << 20;

  private StateSeeds() {}

  static List<byte[]> all() {
    return List.of(seal(new byte[0]), seal(new byte[100]), inSegments(new byte[10_000]));
  }

  static byte[] open(byte[] file) throws StateException {
    return StateReader.open(file, ROOT, WANTED, LIMIT);
  }

  static byte[] seal(byte[] content) {
    return StateWriter.seal(content, ROOT, WANTED, RANDOM);
  }

  private static byte[] inSegments(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (StateWriter writer =
        new StateWriter(Channels.newChannel(out), ROOT, WANTED, 4 << 10, RANDOM)) {
      int _ = writer.write(ByteBuffer.wrap(content));
      writer.finish();
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
