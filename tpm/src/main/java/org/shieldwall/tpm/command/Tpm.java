package org.shieldwall.tpm.command;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.shieldwall.tpm.TpmAttest.ClockInfo;
import org.shieldwall.tpm.TpmHash;

/**
 * A TPM 2.0 to give commands to. Every command either does what it says or throws a {@link
 * TpmException} that says why not. Close it to shut the TPM down cleanly, if {@link #startup} was
 * called here, and to let go of the transport.
 */
public final class Tpm implements AutoCloseable {
  private final TpmEngine engine;
  private boolean started;

  private Tpm(TpmEngine engine) {
    this.engine = engine;
  }

  /** How the TPM starts and shuts down: TPM_SU (Part 2, section 6.10). */
  public enum StartupType {
    /** From nothing; PCRs are reset. */
    CLEAR(0),
    /** From what was saved at the last shutdown. */
    STATE(1);

    private final int id;

    StartupType(int id) {
      this.id = id;
    }
  }

  /** {@return the TPM at the other end of {@code transport}, which it now owns} */
  public static Tpm over(TpmTransport transport) {
    return over(transport, new SecureRandom(), Retry.USUAL);
  }

  /**
   * {@return the TPM at the other end of {@code transport}, which it now owns}
   *
   * @param random for the nonces of sessions
   */
  public static Tpm over(TpmTransport transport, SecureRandom random, Retry retry) {
    return new Tpm(new TpmEngine(transport, random, retry));
  }

  /** {@return the TPM at a character device; started by the firmware, shut down by the kernel} */
  public static Tpm device(Path device) throws IOException {
    return over(DeviceTransport.open(device));
  }

  /** {@return the swtpm at a unix socket, started unless it already was} */
  public static Tpm swtpm(Path socket) throws IOException, TpmException {
    Tpm tpm = over(SocketTransport.connect(socket));
    try {
      tpm.startup(StartupType.CLEAR);
      return tpm;
    } catch (TpmException | RuntimeException e) {
      tpm.release();
      throw e;
    }
  }

  /**
   * Starts the TPM; does nothing where it already is. Whoever calls this answers for the TPM's
   * power: {@link #close} will shut it down.
   */
  public void startup(StartupType type) throws TpmException {
    // Also where it was started before: commands since the last shutdown call for another one.
    started = true;
    try {
      engine.execute(Request.of(TpmCommand.STARTUP).u16(type.id));
    } catch (TpmRefusedException e) {
      if (e.rc() != TpmRc.INITIALIZE) {
        throw e;
      }
    }
  }

  /**
   * Tells the TPM that its power is about to go. Without it, a TPM counts the loss of power against
   * whoever may have been guessing authorization values, and locks up after a few.
   */
  public void shutdown(StartupType type) throws TpmException {
    engine.execute(Request.of(TpmCommand.SHUTDOWN).u16(type.id));
    started = false;
  }

  /**
   * Lets the TPM test itself.
   *
   * @param full everything, not only what has not been tested yet
   */
  public void selfTest(boolean full) throws TpmException {
    engine.execute(Request.of(TpmCommand.SELF_TEST).u8(full ? 1 : 0));
  }

  /**
   * {@return random bytes}
   *
   * @param length at most 32: what every TPM gives at once
   */
  public byte[] random(int length) throws TpmException {
    if (length < 1 || length > 32) {
      throw new IllegalArgumentException(length + " random bytes");
    }
    return engine.execute(
        Request.of(TpmCommand.GET_RANDOM).u16(length),
        in -> {
          byte[] bytes = in.bytes(in.u16("randomBytes.size"), "randomBytes");
          if (bytes.length != length) {
            throw in.malformed(length + " bytes", bytes.length + " bytes");
          }
          return bytes;
        });
  }

  /** {@return the TPM's clock} */
  public TpmClock clock() throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.READ_CLOCK), in -> new TpmClock(in.u64("time"), ClockInfo.read(in)));
  }

  /** Ends a dictionary-attack lockout. */
  public void resetLockout(Authorization lockout) throws TpmException {
    engine.execute(
        Request.of(TpmCommand.DICTIONARY_ATTACK_LOCK_RESET).authorized(Hierarchy.LOCKOUT, lockout));
  }

  /**
   * Sets when wrong authorizations lock the TPM. For a virtual TPM whose sealed objects have
   * policies and no passwords: a guest's own storage key is the one systemd makes, without noDA, so
   * that a few losses of power without TPM2_Shutdown would lock the guest out of its own disk.
   *
   * @param maxTries how many wrong authorizations or unannounced losses of power it forgives
   * @param recovery after how many seconds one is forgotten; 0 switches the protection off
   * @param lockoutRecovery after how many seconds a wrong lockout authorization is forgotten
   */
  public void setLockoutRules(
      Authorization lockout, long maxTries, long recovery, long lockoutRecovery)
      throws TpmException {
    engine.execute(
        Request.of(TpmCommand.DICTIONARY_ATTACK_PARAMETERS)
            .authorized(Hierarchy.LOCKOUT, lockout)
            .u32(maxTries)
            .u32(recovery)
            .u32(lockoutRecovery));
  }

  /** {@return what this TPM can do} */
  public Capabilities capabilities() {
    return new Capabilities(engine);
  }

  /** {@return the platform configuration registers} */
  public Pcrs pcrs() {
    return new Pcrs(engine);
  }

  /** {@return keys and sealed data} */
  public Keys keys() {
    return new Keys(engine);
  }

  /** {@return non-volatile memory} */
  public Nv nv() {
    return new Nv(engine);
  }

  /** {@return a session that authorizes by policy} */
  public TpmSession policySession(TpmHash hash) throws TpmException {
    return TpmSession.start(engine, TpmSession.Kind.POLICY, hash);
  }

  /** {@return a session that only computes a policy's digest} */
  public TpmSession trialSession(TpmHash hash) throws TpmException {
    return TpmSession.start(engine, TpmSession.Kind.TRIAL, hash);
  }

  /** {@return a session that proves knowledge of authorization values} */
  public TpmSession hmacSession(TpmHash hash) throws TpmException {
    return TpmSession.start(engine, TpmSession.Kind.HMAC, hash);
  }

  /** {@return how many slots were taken, and are now free} Never through a resource manager. */
  public int flushTransient() throws TpmException {
    int flushed = 0;
    for (int handle : capabilities().handles(Capabilities.TRANSIENT)) {
      engine.flush(handle);
      flushed++;
    }
    return flushed;
  }

  /** Lets go of the transport and leaves the TPM as it is, for the next who connects. */
  public void release() throws TpmException {
    engine.close();
  }

  @Override
  public void close() throws TpmException {
    try {
      if (started && !engine.isUnusable()) {
        shutdown(StartupType.CLEAR);
      }
    } finally {
      engine.close();
    }
  }
}
