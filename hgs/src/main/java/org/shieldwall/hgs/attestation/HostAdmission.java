package org.shieldwall.hgs.attestation;

import java.util.Map;
import java.util.Optional;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;

/** Which host an endorsement key is, and whether it may attest. */
final class HostAdmission {
  private final Database database;
  private final AttestationRefusals refusals;

  HostAdmission(Database database, AttestationRefusals refusals) {
    this.database = database;
    this.refusals = refusals;
  }

  /**
   * {@return the host with this endorsement key}
   *
   * @param ek SHA-256 of its SubjectPublicKeyInfo
   */
  RegisteredHost registered(Bytes ek) throws RefusedException {
    Optional<RegisteredHost> host = database.read(reading -> HostRegister.byKey(reading, ek.hex()));
    if (host.filter(RegisteredHost::isRegistered).isPresent()) {
      return host.get();
    }
    throw refusals.stranger(
        host.map(removed -> "host " + removed.name()).orElse("unknown host"),
        "this host's TPM is not registered",
        AttestationFindings.notRegistered(ek.hex(), host.isPresent()),
        Map.of("ek", ek.hex()));
  }
}
