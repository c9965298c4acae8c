package org.shieldwall.tpm.command;

import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/** Non-volatile memory, where a manufacturer leaves the endorsement certificates. */
public final class Nv {
  /** TPM_PT_NV_BUFFER_MAX is 1024 or more on most TPMs, never below 512. */
  private static final int CHUNK = 512;

  private final TpmEngine engine;

  Nv(TpmEngine engine) {
    this.engine = engine;
  }

  /**
   * {@return what is known about an index}
   *
   * @throws TpmRefusedException with {@link TpmRc#HANDLE} if there is none
   */
  public NvIndex readPublic(int handle) throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.NV_READ_PUBLIC).handle(handle),
        in -> {
          ByteReader area = in.slice(in.u16("nvPublic.size"), "nvPublic");
          NvIndex index = NvIndex.read(area);
          area.end();
          if (!in.sized("nvName").equals(index.tpmName().value())) {
            throw in.malformed("the name of the index", "another");
          }
          return index;
        });
  }

  /**
   * {@return all that an index holds, read with an empty authorization value} The index's own,
   * where the index allows that, so that a machine whose owner set a password can still be read;
   * otherwise the owner's.
   */
  public Bytes read(int handle) throws TpmException {
    NvIndex index = readPublic(handle);
    int byItself = NvIndex.AUTH_READ | NvIndex.NO_DA;
    boolean open = (index.attributes() & byItself) == byItself;
    return read(index, open ? index : Hierarchy.OWNER, Authorization.none());
  }

  /** {@return all that an index holds} */
  public Bytes read(NvIndex index, TpmEntity by, Authorization authorization) throws TpmException {
    ByteWriter all = new ByteWriter();
    while (all.length() < index.dataSize()) {
      int offset = all.length();
      int length = Math.min(CHUNK, index.dataSize() - offset);
      Request request =
          Request.of(TpmCommand.NV_READ)
              .authorized(by, authorization)
              .handle(index)
              .u16(length)
              .u16(offset);
      Bytes chunk = engine.execute(request, in -> in.sized("data"));
      if (chunk.length() != length) {
        throw new TpmUnusableException(
            TpmCommand.NV_READ, "it gave " + chunk.length() + " of " + length + " bytes");
      }
      all.bytes(chunk);
    }
    return all.toBytes();
  }

  /** Makes an index that the owner may read and write, and writes it. */
  public NvIndex store(int handle, Bytes data, Authorization owner) throws TpmException {
    NvIndex index =
        new NvIndex(
            handle,
            TpmHash.SHA256,
            NvIndex.OWNER_AND_AUTH | NvIndex.NO_DA,
            Bytes.EMPTY,
            data.length());
    engine.execute(
        Request.of(TpmCommand.NV_DEFINE_SPACE)
            .authorized(Hierarchy.OWNER, owner)
            .sized(Bytes.EMPTY)
            .sized(index.marshal()));
    for (int offset = 0; offset < data.length(); offset += CHUNK) {
      engine.execute(
          Request.of(TpmCommand.NV_WRITE)
              .authorized(Hierarchy.OWNER, owner)
              .handle(readPublic(handle))
              .sized(data.slice(offset, Math.min(data.length(), offset + CHUNK)))
              .u16(offset));
    }
    return readPublic(handle);
  }

  /** Removes an index. */
  public void remove(int handle, Authorization owner) throws TpmException {
    engine.execute(
        Request.of(TpmCommand.NV_UNDEFINE_SPACE)
            .authorized(Hierarchy.OWNER, owner)
            .handle(readPublic(handle)));
  }
}
