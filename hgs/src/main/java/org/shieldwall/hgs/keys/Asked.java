package org.shieldwall.hgs.keys;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.ReleaseRequest;
import org.shieldwall.protector.RestoreGrant;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;

/** What a release was asked for, as far as it has been verified. */
record Asked(
    HealthCertificate certificate,
    KeyProtector protector,
    ReleaseRequest request,
    Optional<RestoreGrant> restore) {
  HealthClaims claims() {
    return certificate.claims();
  }

  /** {@return whom the audit record names} */
  String subject() {
    return subject(protector);
  }

  static String subject(KeyProtector protector) {
    return protector.vm().map(id -> "vm " + id).orElse("shielding data");
  }

  /** {@return what the audit record says} */
  Map<String, Object> facts(Optional<KeyProtector> next) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("purpose", request.purpose().id());
    facts.put("host", claims().host());
    facts.put("identity", claims().identity());
    facts.put("enclave", claims().enclave().id().text());
    facts.put("baselines", claims().baselines());
    facts.put("policy", claims().policyName() + " " + claims().policyVersion());
    facts.put("owner", protector.grant().owner().id().text());
    facts.put("grant", protector.grant().digest().text());
    facts.put("generation", protector.generation());
    facts.put("protector", protector.digest().text());
    next.ifPresent(made -> {
      facts.put("nextGeneration", made.generation());
      facts.put("nextProtector", made.digest().text());
    });
    return facts;
  }
}
