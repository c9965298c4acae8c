package org.shieldwall.hgs.attestation.directory;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A directory of accounts, asked anew each time. */
public interface MachineDirectory {
  /**
   * {@return the one account that a ticket's client name can mean; nothing if there is none, or if
   * several could be meant}
   *
   * @param name the client's name in its ticket, without the realm
   * @throws UnavailableException if the directory gives no answer that counts
   */
  Optional<DirectoryAccount> find(String name) throws UnavailableException;

  /** No answer. */
  final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    /**
     * @param what what happened, for a person; nothing secret
     * @param remedy what mends it
     */
    public UnavailableException(String what, String remedy, @Nullable Throwable cause) {
      super(what, cause);
      this.remedy = remedy;
    }

    /** {@return what mends it} */
    public String remedy() {
      return remedy;
    }
  }
}
