package org.shieldwall.hgs.admin;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.shieldwall.evidence.Finding;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.store.ModeRegister;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestationMode;

/**
 * What keeps registered hosts from attesting before any evidence is looked at. Such refusals leave
 * nothing in a host's own register, since anybody can provoke them in its name: they are found out
 * when somebody asks how a host stands.
 */
final class Barred {
  private final Handle reading;
  private final Endorsements endorsements;
  private final Instant now;
  private final Set<AttestationMode> on = EnumSet.noneOf(AttestationMode.class);

  Barred(Handle reading, Endorsements endorsements, Instant now) {
    this.reading = reading;
    this.endorsements = endorsements;
    this.now = now;
    for (AttestationMode mode : AttestationMode.values()) {
      if (ModeRegister.enabledSince(reading, mode).isPresent()) {
        on.add(mode);
      }
    }
  }

  /** {@return what is wrong with what stands behind the host's endorsement key} */
  List<Finding> byMaker(RegisteredHost host) {
    return endorsements.refusal(reading, host, now);
  }

  /** {@return why this host may not attest although it is registered, in a few words} */
  Optional<String> why(RegisteredHost host) {
    if (!on.contains(host.mode())) {
      return Optional.of("mode " + host.mode().id() + " is off");
    }
    return byMaker(host).stream().findFirst().map(each -> each.code().code());
  }
}
