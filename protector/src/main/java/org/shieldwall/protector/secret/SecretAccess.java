package org.shieldwall.protector.secret;

/**
 * The token without which no content leaves a {@link SecretBytes}. Searching for {@code
 * SecretAccess.because} finds every place where one does, and why.
 */
public final class SecretAccess {
  private final String reason;

  private SecretAccess(String reason) {
    this.reason = reason;
  }

  /**
   * {@return a token}
   *
   * @param reason what the content is needed for, for whoever reviews the code
   */
  public static SecretAccess because(String reason) {
    return new SecretAccess(reason);
  }

  @Override
  public String toString() {
    return "access because " + reason;
  }
}
