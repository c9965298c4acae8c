package org.shieldwall.enclave;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.shieldwall.enclave.message.Refusal;
import org.shieldwall.protector.Assurance;
import org.shieldwall.protector.OwnerPolicy;
import org.shieldwall.protector.ReleasedHost;

/**
 * The owner's policy, held by the enclave against the host that it runs on. Of most points it knows
 * what the key protection service had verified, sealed with the keys; that there is a TPM, and
 * which, it knows by itself, and a service that says otherwise is not believed.
 */
final class OwnersConsent {
  private final OwnHost own;

  OwnersConsent(OwnHost own) {
    this.own = own;
  }

  /** Refuses, with every point, what the owner does not allow. */
  void require(OwnerPolicy policy, ReleasedHost host, Instant now) throws RefusedException {
    List<String> points = new ArrayList<>();
    for (OwnerPolicy.Violation violation : host.violations(policy, now)) {
      points.add(words(violation, policy, host));
    }
    boolean measured = host.assurance().satisfies(Assurance.TPM);
    if (own.identity().isEmpty()) {
      if (measured || policy.minimumAssurance().satisfies(Assurance.TPM)) {
        points.add("a measured boot is asked for or claimed, and this enclave has seen no TPM");
      }
    } else if (measured && !own.identity().get().equals(host.identity())) {
      points.add(
          "the keys were released for the TPM "
              + host.identity()
              + ", and this host's is "
              + own.identity().get());
    }
    if (policy.bindHost() && !measured && own.identity().isPresent()) {
      points.add("the VM is bound to a machine, and what this one is known by is not its TPM");
    }
    if (!points.isEmpty()) {
      throw new RefusedException(
          Refusal.OWNER_POLICY, VirtualMachine.printable(String.join("; ", points)));
    }
  }

  private static String words(
      OwnerPolicy.Violation violation, OwnerPolicy policy, ReleasedHost host) {
    return switch (violation) {
      case ASSURANCE ->
          "the host's assurance is "
              + host.assurance().id()
              + ", the owner asks for "
              + policy.minimumAssurance().id();
      case BASELINES ->
          "the host matches the baselines "
              + host.baselines()
              + ", the owner asks for "
              + policy.requiredBaselines();
      case HOST -> "the host is " + host.host() + ", the owner allows " + policy.requiredHosts();
      case EXPIRED -> "the owner's policy has ended";
    };
  }
}
