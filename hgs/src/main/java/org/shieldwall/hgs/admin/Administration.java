package org.shieldwall.hgs.admin;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.audit.AuditRecord;
import org.shieldwall.hgs.audit.ChainCheck;
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

  /** Administration of this database. */
  public Administration(Database database, InstantSource clock) {
    this.recorder = new Recorder(database, clock);
    this.hosts = new HostAdministration(recorder);
    this.baselines = new BaselineAdministration(recorder);
  }

  /** A host as it now stands in the register, and whether that is new. */
  public record HostChange(RegisteredHost host, Added added) {}

  /** {@return what can be done with hosts} */
  public HostAdministration fleet() {
    return hosts;
  }

  /** {@return what can be done with baselines} */
  public BaselineAdministration boots() {
    return baselines;
  }

  /** {@link HostAdministration#add Registers} a host. */
  public HostChange addHost(HostIdentity identity) throws HgsException {
    return hosts.add(identity);
  }

  /** {@return whether there was a host of this name to remove} */
  public boolean removeHost(String name) {
    return hosts.remove(name);
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
}
