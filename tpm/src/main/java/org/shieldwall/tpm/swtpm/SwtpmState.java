package org.shieldwall.tpm.swtpm;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * A virtual TPM's state, in plain: whoever reads it has every key the TPM protects. It lives
 * outside the Java heap, so that no copy stays behind, and is overwritten on close.
 */
public final class SwtpmState implements AutoCloseable {
  private final Map<SwtpmStateKind, ByteBuffer> parts = new EnumMap<>(SwtpmStateKind.class);

  SwtpmState() {}

  /** Takes over a direct buffer. */
  void put(SwtpmStateKind kind, ByteBuffer part) {
    parts.put(kind, part);
  }

  /** {@return the parts, each a read-only view from its first byte} */
  Map<SwtpmStateKind, ByteBuffer> parts() {
    Map<SwtpmStateKind, ByteBuffer> views = new EnumMap<>(SwtpmStateKind.class);
    parts.forEach((kind, part) -> views.put(kind, part.asReadOnlyBuffer().rewind()));
    return Collections.unmodifiableMap(views);
  }

  /** {@return length of one part in bytes; 0 if the TPM had none} */
  public int size(SwtpmStateKind kind) {
    ByteBuffer part = parts.get(kind);
    return part == null ? 0 : part.capacity();
  }

  @Override
  public void close() {
    for (ByteBuffer part : parts.values()) {
      for (int i = 0; i < part.capacity(); i++) {
        part.put(i, (byte) 0);
      }
    }
    parts.clear();
  }

  @Override
  public String toString() {
    return "state of a virtual TPM";
  }
}
