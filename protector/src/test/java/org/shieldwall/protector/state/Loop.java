package org.shieldwall.protector.state;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.WritableByteChannel;
import org.shieldwall.protector.secret.SecretBytes;

/** A pipe whose far end is read by a thread, as a stream between two hosts is. */
final class Loop implements AutoCloseable {
  private final SecretBytes root;
  private final Pipe pipe;

  Loop(SecretBytes root) throws IOException {
    this.root = root;
    this.pipe = Pipe.open();
  }

  WritableByteChannel in() {
    return pipe.sink();
  }

  Thread reading(StateIdentity wanted, WritableByteChannel out) {
    return Thread.ofPlatform()
        .start(() -> {
          try (StateReader reader = new StateReader(pipe.source(), root, wanted)) {
            reader.transferTo(out, done -> {});
            reader.requireEnd();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Override
  public void close() throws IOException {
    pipe.source().close();
    pipe.sink().close();
  }
}
