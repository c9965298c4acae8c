package org.shieldwall.hgs.store;

/**
 * The database failed while in use: a full disk, a lost file, a lock that never came free. Nothing
 * of the transaction was kept, and whoever asked is told to come back (503).
 */
public final class StoreUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The store failed at {@code message}, because of {@code cause}. */
  public StoreUnavailableException(String message, Throwable cause) {
    super(message + ": " + StoreException.reason(cause), cause);
  }
}
