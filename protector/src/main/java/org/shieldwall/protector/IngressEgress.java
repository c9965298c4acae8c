package org.shieldwall.protector;

import org.shieldwall.protector.secret.SecretBytes;

/**
 * What a roll gives: the key that opens the VM's state as it is, the key that its state is written
 * under from now on, and the protector of the latter. Closing it closes both keys.
 *
 * @param terms what the release says beside the keys
 */
public record IngressEgress(
    SecretBytes ingress, SecretBytes egress, KeyProtector next, ReleaseTerms terms)
    implements AutoCloseable {

  /** The same with the usual terms. */
  public IngressEgress(SecretBytes ingress, SecretBytes egress, KeyProtector next) {
    this(ingress, egress, next, ReleaseTerms.usual());
  }

  /** {@return the same keys, which are closed once, with these terms} */
  public IngressEgress with(ReleaseTerms other) {
    return new IngressEgress(ingress, egress, next, other);
  }

  @Override
  public void close() {
    ingress.close();
    egress.close();
  }
}
