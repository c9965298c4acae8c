package org.shieldwall.hgs.keys;

import org.shieldwall.hgs.store.StoredLease;
import org.shieldwall.protocol.ReportedFinding;

/** What a VM's lease can be in the way of, in words. */
final class LeaseFindings {
  private LeaseFindings() {}

  static ReportedFinding runsElsewhere(StoredLease lease) {
    return ReleaseFindings.finding(
        "vm-runs-elsewhere",
        "the VM runs on another host",
        "a VM that runs nowhere",
        "since "
            + lease.since()
            + " on host "
            + lease.host()
            + ", until "
            + lease.until()
            + " unless that host is heard of again",
        "two copies of one VM would go two ways, and neither could be thrown away",
        "stop it there; if that host is dead, wait until then, or: shieldwall hgs lease break "
            + lease.vm());
  }

  static ReportedFinding boundHost(String bound, String asking) {
    return ReleaseFindings.finding(
        "owner-bound-host",
        "the owner binds the VM to the machine that started it first",
        "the machine " + bound,
        asking,
        "the VM's owner decides where it may run",
        "start the VM on the host that it was started on first");
  }

  static ReportedFinding restoreUsed() {
    return ReleaseFindings.finding(
        "restore-grant-used",
        "the owner's grant to restore was used before",
        "a grant that was not used",
        "one that was",
        "going back in time is the owner's decision each time",
        "the owner signs another: shieldwall owner grant restore");
  }

  static ReportedFinding replayed(long last, long count) {
    return ReleaseFindings.finding(
        "report-replayed",
        "this report has been answered before",
        "a report with a number above " + last,
        "number " + count,
        "an old report must not say where a VM is now",
        "nothing: the agent asks the enclave for a new report");
  }

  static ReportedFinding superseded(long reported) {
    return ReleaseFindings.finding(
        "report-superseded",
        "the report is about a generation that is no longer the VM's",
        "the generation released last, or the one before it",
        "generation " + reported,
        "the VM has been started since from another copy",
        "end this VM: shieldwall vm stop --force");
  }

  static ReportedFinding notUnderway() {
    return ReleaseFindings.finding(
        "move-not-underway",
        "the VM is not on its way to that enclave",
        "a VM that was offered to the enclave, which then was given its keys",
        "another",
        "a VM goes only to a host that has earned its keys itself",
        "move it again: shieldwall vm migrate");
  }

  static ReportedFinding unknown() {
    return ReleaseFindings.finding(
        "lease-not-known",
        "this service has not released this VM",
        "a report of a VM that was started with a release of this service",
        "another VM",
        "nothing is known of it that the report could change",
        "start the VM with a release of this service: shieldwall vm start");
  }
}
