package org.shieldwall.hgs.admin;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditKind;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.audit.ChainCheck;
import org.shieldwall.hgs.endorsement.Endorsement;
import org.shieldwall.hgs.endorsement.Endorsements;
import org.shieldwall.hgs.store.BaselineRegister;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.store.HostRegister;
import org.shieldwall.hgs.store.HostRegister.Added;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.HostIdentity;

/**
 * Changes what the service knows, straight in its database: a running server sees it with its next
 * request. Each change and its audit record are one transaction.
 */
public final class Administration {
  private final Recorder recorder;
  private final HostAdministration hosts;
  private final BaselineAdministration baselines;
  private final TrustAdministration trust;
  private final PolicyAdministration policies;
  private final ExceptionAdministration exceptions;
  private final PendingAdministration pending;
  private final Traces traces;

  /** Administration of this database. */
  public Administration(Database database, InstantSource clock) {
    this.recorder = new Recorder(database, clock);
    Endorsements endorsements = new Endorsements();
    this.hosts = new HostAdministration(recorder, endorsements);
    this.trust = new TrustAdministration(recorder, endorsements);
    this.baselines = new BaselineAdministration(recorder);
    this.policies = new PolicyAdministration(recorder);
    this.exceptions = new ExceptionAdministration(recorder);
    this.pending = new PendingAdministration(recorder, baselines);
    this.traces = new Traces(recorder, endorsements);
  }

  /** {@return the administration of modes, host keys and groups} */
  public ModeAdministration modes() {
    return new ModeAdministration(recorder);
  }

  /** {@return what can be done with leases, and by whom} */
  public LeaseAdministration leases() {
    return new LeaseAdministration(recorder);
  }

  /** A host as it now stands in the register, whether that is new, and what is known of its TPM. */
  public record HostChange(RegisteredHost host, Added added, Endorsement endorsement) {}

  /** {@return what can be done with hosts} */
  public HostAdministration fleet() {
    return hosts;
  }

  /** {@return what can be done with baselines} */
  public BaselineAdministration boots() {
    return baselines;
  }

  /** {@return what can be done with policies} */
  public PolicyAdministration policies() {
    return policies;
  }

  /** {@return what can be done with exceptions} */
  public ExceptionAdministration exceptions() {
    return exceptions;
  }

  /** {@return what can be done with boots that wait for approval} */
  public PendingAdministration pending() {
    return pending;
  }

  /** {@return explanations of hosts, and trials of policies} */
  public Traces traces() {
    return traces;
  }

  /** {@link HostAdministration#add Registers} a host. */
  public HostChange addHost(HostIdentity identity) throws HgsException {
    return hosts.add(identity, false);
  }

  /** {@link HostAdministration#add Registers} a host, perhaps by its key alone. */
  public HostChange addHost(HostIdentity identity, boolean keyAlone) throws HgsException {
    return hosts.add(identity, keyAlone);
  }

  /** {@return what can be done with TPM makers} */
  public TrustAdministration trust() {
    return trust;
  }

  /** {@return whether there was a host of this name to remove} */
  public boolean removeHost(String name) {
    return hosts.remove(name);
  }

  /** {@return the host of this name, registered or removed} */
  public Optional<RegisteredHost> host(String name) {
    return recorder.database().read(reading -> HostRegister.byName(reading, name));
  }

  /** {@return every host, by name} */
  public List<RegisteredHost> hosts() {
    return recorder.database().read(HostRegister::all);
  }

  /**
   * Accepts a baseline for good.
   *
   * @return whether it is new; it is not if the very same one is there already
   * @throws HgsException if another one has its name
   */
  public boolean addBaseline(BootBaseline baseline) throws HgsException {
    return baselines.add(baseline, "document", Optional.empty());
  }

  /** {@return whether there was a baseline of this name to remove} */
  public boolean removeBaseline(String name) {
    return baselines.remove(name);
  }

  /** {@return every baseline, by name} */
  public List<BaselineRegister.Stored> baselines() {
    return baselines.list();
  }

  /** {@return the newest audit records, oldest first} */
  public List<AuditRecord> auditRecords(int limit) {
    return recorder.database().read(reading -> recorder.audit().newest(reading, limit));
  }

  /**
   * Checks the whole audit record.
   *
   * @param noted a hash noted earlier that must still be in it
   */
  public ChainCheck verifyAudit(Optional<String> noted) {
    return recorder.database().read(reading -> recorder.audit().verify(reading, noted));
  }

  /**
   * Takes the machine's clock for right although the record may be ahead of it: the service,
   * started after this, measures time by it again.
   */
  public void acceptClock() {
    recorder
        .database()
        .write(writing -> {
          String newest = recorder.audit().last(writing).map(AuditRecord::at).orElse("");
          recorder.record(
              writing, AuditKind.CLOCK_ACCEPTED, "service", Map.of("newestRecord", newest));
          return newest;
        });
  }
}
