package org.shieldwall.tpm.command;

import org.shieldwall.tpm.TpmName;
import org.shieldwall.tpm.TpmPublic;

/** An object in one of the TPM's slots. Close it to free the slot; a persistent one just stays. */
public final class TpmObject implements TpmEntity, AutoCloseable {
  private static final int TRANSIENT = 0x80;

  private final TpmEngine engine;
  private final int handle;
  private final TpmPublic area;
  private boolean closed;

  TpmObject(TpmEngine engine, int handle, TpmPublic area) {
    this.engine = engine;
    this.handle = handle;
    this.area = area;
  }

  @Override
  public int handle() {
    return handle;
  }

  @Override
  public TpmName tpmName() {
    return area.name();
  }

  /** {@return its public area} */
  public TpmPublic area() {
    return area;
  }

  /** {@return whether it survives a restart} */
  public boolean isPersistent() {
    return handle >>> 24 != TRANSIENT;
  }

  @Override
  public void close() throws TpmException {
    if (!closed && !isPersistent()) {
      closed = true;
      engine.flush(handle);
    }
  }

  @Override
  public String toString() {
    return "object 0x%08x".formatted(handle);
  }
}
