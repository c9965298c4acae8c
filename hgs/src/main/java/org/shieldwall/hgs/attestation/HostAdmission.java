package org.shieldwall.hgs.attestation;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.Finding;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.ModeRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.hgs.store.RegisteredHost.State;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.Bytes;

/** Which host an endorsement key is, and whether it may attest. */
final class HostAdmission {
  private static final String NOT_KNOWN = "this host is not registered";

  private final Database database;
  private final AttestationRefusals refusals;
  private final InstantSource clock;
  private final Endorsements endorsements = new Endorsements();

  HostAdmission(Database database, AttestationRefusals refusals, InstantSource clock) {
    this.database = database;
    this.refusals = refusals;
    this.clock = clock;
  }

  private record Found(boolean enabled, Optional<RegisteredHost> host) {}

  /**
   * {@return the host with this endorsement key}
   *
   * @param ek SHA-256 of its SubjectPublicKeyInfo
   */
  RegisteredHost registered(Bytes ek) throws RefusedException {
    return registered(AttestationMode.TPM, ek);
  }

  /**
   * {@return the host with this key}
   *
   * @param ek SHA-256 of the SubjectPublicKeyInfo of its endorsement key, or of its host key
   */
  RegisteredHost registered(AttestationMode mode, Bytes ek) throws RefusedException {
    Found found = database.read(reading -> find(reading, mode, ek));
    Optional<RegisteredHost> host = found.host();
    if (!found.enabled()) {
      throw modeOff(mode);
    }
    if (host.filter(RegisteredHost::isRegistered).isPresent()) {
      if (mode == AttestationMode.TPM) {
        requireEndorsed(host.get());
      }
      return host.get();
    }
    throw refusals.stranger(
        host.map(known -> "host " + known.name()).orElse("unknown host"),
        host.map(known ->
                known.state() == State.REMOVED
                    ? NOT_KNOWN
                    : "host " + known.name() + " is " + known.state().code())
            .orElse(NOT_KNOWN),
        findings(mode, ek, host.map(RegisteredHost::state)),
        Map.of("ek", ek.hex()));
  }

  /** Asked each time: a maker that is no longer trusted takes its TPMs along. */
  private void requireEndorsed(RegisteredHost host) throws RefusedException {
    List<Finding> findings =
        database.read(reading -> endorsements.refusal(reading, host, clock.instant()));
    if (!findings.isEmpty()) {
      throw refusals.host(
          host,
          "no trusted maker certifies this host's TPM",
          AttestationFindings.reported(findings));
    }
  }

  private static List<ReportedFinding> findings(
      AttestationMode mode, Bytes key, Optional<State> state) {
    boolean unknown = state.isEmpty() || state.get() == State.REMOVED;
    return mode == AttestationMode.HOST_KEY && unknown
        ? List.of(ProofFindings.keyNotRegistered(key.hex(), state.isPresent()))
        : AttestationFindings.notAdmitted(key.hex(), state);
  }

  private static Found find(Handle reading, AttestationMode mode, Bytes key) {
    return new Found(
        ModeRegister.enabledSince(reading, mode).isPresent(),
        HostRegister.byKey(reading, key.hex()).filter(host -> host.mode() == mode));
  }

  /** Refuses every host while {@code mode} is off. */
  void requireEnabled(AttestationMode mode) throws RefusedException {
    if (!database.read(reading -> ModeRegister.enabledSince(reading, mode).isPresent())) {
      throw modeOff(mode);
    }
  }

  /** {@return the refusal of every host while {@code mode} is off} */
  RefusedException modeOff(AttestationMode mode) {
    return refusals.stranger(
        "mode " + mode.id(),
        "this service does not attest in mode " + mode.id(),
        AttestationFindings.modeOff(mode.id()),
        Map.of("mode", mode.id()));
  }
}
