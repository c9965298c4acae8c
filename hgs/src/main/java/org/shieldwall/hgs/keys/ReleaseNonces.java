package org.shieldwall.hgs.keys;

import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.shieldwall.protector.ReleaseRequest;

/**
 * The nonces of answered release requests, on disk until the certificate that let them in expires.
 */
final class ReleaseNonces {
  private static final long SWEEP_SECONDS = 60;

  /** Kept longer than they are good, by more than the clock may go back. */
  private static final long KEPT_SECONDS = 300;

  private final AtomicLong nextSweep = new AtomicLong();

  /** {@return whether this is the request's first use} */
  boolean spend(Handle writing, ReleaseRequest request, Instant expires, Instant now) {
    sweep(writing, now.getEpochSecond());
    return writing.execute(
            "INSERT INTO release_nonce (enclave, nonce, expires) VALUES (?, ?, ?)"
                + " ON CONFLICT (enclave, nonce) DO NOTHING",
            request.enclave().text(),
            HexFormat.of().formatHex(request.nonce()),
            expires.getEpochSecond())
        == 1;
  }

  private void sweep(Handle writing, long now) {
    long due = nextSweep.get();
    if (now >= due && nextSweep.compareAndSet(due, now + SWEEP_SECONDS)) {
      writing.execute("DELETE FROM release_nonce WHERE expires < ?", now - KEPT_SECONDS);
    }
  }
}
