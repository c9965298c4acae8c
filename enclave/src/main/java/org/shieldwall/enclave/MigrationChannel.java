package org.shieldwall.enclave;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.security.SecureRandom;
import org.shieldwall.protector.secret.SecretArena;
import org.shieldwall.protector.secret.SecretBytes;
import org.shieldwall.protector.state.MigrationKey;
import org.shieldwall.protector.state.StateException;
import org.shieldwall.protector.state.StateIdentity;
import org.shieldwall.protector.state.StateReader;
import org.shieldwall.protector.state.StateWriter;

/**
 * How two enclaves agree on one migration's key over a connection that others hold (formats.md,
 * "Migration"): the target speaks first, with a nonce and its public key, the source answers with
 * its own, and a container follows. Whoever changes any of it ends with another key.
 */
final class MigrationChannel {
  private MigrationChannel() {}

  /** The source's side: {@return the container to write to} */
  static StateWriter begin(
      ByteChannel channel,
      SecretBytes migration,
      StateIdentity identity,
      SecretArena arena,
      SecureRandom random)
      throws IOException {
    byte[] nonce = receive(channel, "nonce");
    byte[] target = receive(channel, "public key");
    MigrationKey own = MigrationKey.generate(random);
    send(channel, own.publicKey());
    try (SecretBytes root = own.root(migration, target, nonce, false, arena)) {
      return new StateWriter(channel, root, identity, random);
    }
  }

  /** The target's side: {@return the container to read from} */
  static StateReader accept(
      ByteChannel channel,
      SecretBytes migration,
      StateIdentity identity,
      SecretArena arena,
      SecureRandom random)
      throws IOException {
    byte[] nonce = new byte[MigrationKey.BYTES];
    random.nextBytes(nonce);
    MigrationKey own = MigrationKey.generate(random);
    send(channel, nonce);
    send(channel, own.publicKey());
    byte[] source = receive(channel, "public key");
    try (SecretBytes root = own.root(migration, source, nonce, true, arena)) {
      return new StateReader(channel, root, identity);
    }
  }

  private static void send(ByteChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      int _ = channel.write(buffer);
    }
  }

  private static byte[] receive(ByteChannel channel, String what) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(MigrationKey.BYTES);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new StateException(
            StateException.Problem.TRUNCATED, "the other side sent no whole " + what);
      }
    }
    return buffer.array();
  }
}
