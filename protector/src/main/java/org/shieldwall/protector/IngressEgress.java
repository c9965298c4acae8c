package org.shieldwall.protector;

import org.shieldwall.protector.secret.SecretBytes;

/**
 * What a roll gives: the key that opens the VM's state as it is, the key that its state is written
 * under from now on, and the protector of the latter. Closing it closes both keys.
 */
public record IngressEgress(SecretBytes ingress, SecretBytes egress, KeyProtector next)
    implements AutoCloseable {
  @Override
  public void close() {
    ingress.close();
    egress.close();
  }
}
