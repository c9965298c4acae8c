package org.shieldwall.hgs.attestation;

import java.util.List;
import java.util.stream.Collectors;
import org.shieldwall.hgs.attestation.directory.DirectorySettings;
import org.shieldwall.hgs.attestation.directory.MachineDirectory;
import org.shieldwall.hgs.store.DirectoryGroup;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.protocol.kerberos.KerberosException;
import org.shieldwall.protocol.kerberos.KerberosProblem;

/** What directory mode can be refused for, in words. */
final class DirectoryFindings {
  private static final int MAX_TEXT = 200;
  private static final String ATTEST_AGAIN = "shieldwall host attest";

  private DirectoryFindings() {}

  private static ReportedFinding finding(
      String code, String title, String expected, String found, String why, String remedy) {
    return new ReportedFinding(code, title, expected, found, why, remedy, "findings.md#" + code);
  }

  /** Names come from tickets, and end on terminals. */
  static String printable(String text) {
    return text.codePoints()
        .limit(MAX_TEXT)
        .mapToObj(each ->
            Character.isLetterOrDigit(each) || " .-_$@/\\".indexOf(each) >= 0
                ? Character.toString(each)
                : "?")
        .collect(Collectors.joining());
  }

  static ReportedFinding notConfigured() {
    return finding(
        "directory-not-configured",
        "This service has no directory",
        "a section [directory] in hgs.toml",
        "none",
        "Without one, nobody can say which machine a ticket is for.",
        "add [directory] to hgs.toml and start the service again");
  }

  static ReportedFinding kerberos(KerberosException failure) {
    // A key that does not open a ticket is, from here, the key of another service or of another
    // time.
    KerberosProblem problem =
        failure.problem() == KerberosProblem.KEYTAB_STALE
            ? KerberosProblem.NOT_OUR_TICKET
            : failure.problem();
    String code =
        switch (problem) {
          case CLOCK_SKEW, REPLAYED, TICKET_EXPIRED, NOT_OUR_TICKET -> problem.code();
          default -> "ticket-not-good";
        };
    return finding(
        code,
        problem == KerberosProblem.OTHER ? "The ticket is not good" : problem.title(),
        "a ticket of the directory for this service, used once and in time",
        problem == KerberosProblem.OTHER
            ? "something else"
            : problem.title().toLowerCase(java.util.Locale.ROOT),
        "Only the directory's own word, given now and to this service, says which machine this is.",
        problem.remedy());
  }

  static ReportedFinding noServiceKey(DirectorySettings settings) {
    return finding(
        "service-keytab",
        "This service cannot open tickets",
        "an AES key of " + settings.servicePrincipal() + " in " + settings.keytab(),
        "none that can be used",
        "Without its key the service can believe no ticket.",
        "on the service: klist -kte KEYTAB, and export it again");
  }

  static ReportedFinding notBound() {
    return finding(
        "exchange-not-bound",
        "The Kerberos exchange was made for something else",
        "an exchange whose key authenticates this challenge and this enclave",
        "one that does not",
        "An exchange overheard, or made for another service or enclave, proves nothing here.",
        ATTEST_AGAIN);
  }

  static ReportedFinding notAMachine(String client, DirectorySettings settings) {
    return finding(
        "not-a-machine-account",
        "The ticket is not a machine's",
        "the account of a member machine of " + settings.realm() + ", NAME$@" + settings.realm(),
        printable(client),
        "People, services and domain controllers are no hosts.",
        "set 'account' in host.toml to the machine's own, and 'keytab' to its keytab");
  }

  static ReportedFinding noSuchAccount(String client) {
    return finding(
        "account-ambiguous",
        "The directory has no one account of this name",
        "exactly one account that the ticket can mean",
        "none, or several, for " + printable(client),
        "Where two accounts share a name, nobody can say whose ticket it is.",
        "the directory's administrator looks for it as sAMAccountName and userPrincipalName");
  }

  static ReportedFinding disabled(String client) {
    return finding(
        KerberosProblem.ACCOUNT_DISABLED.code(),
        KerberosProblem.ACCOUNT_DISABLED.title(),
        "an account that may log in now",
        printable(client),
        "A ticket lives on after its account: the directory's word of now counts.",
        KerberosProblem.ACCOUNT_DISABLED.remedy());
  }

  static ReportedFinding notAMember(String client, List<DirectoryGroup> registered) {
    return finding(
        "not-a-member",
        "The machine is in no registered group",
        registered.isEmpty()
            ? "a registered group; there is none"
            : registered.stream()
                .map(group -> group.sid() + " (" + group.name() + ")")
                .collect(Collectors.joining(", ")),
        printable(client) + " in none of them, directly or nested",
        "Groups count by their SID: another group of the same name is another group.",
        registered.isEmpty()
            ? "shieldwall hgs group add SID --name NAME"
            : "the directory's administrator adds the machine: samba-tool group addmembers");
  }

  static ReportedFinding unreachable(MachineDirectory.UnavailableException failure) {
    return finding(
        "directory-unreachable",
        "The directory could not be asked",
        "an answer of the directory, now",
        printable(String.valueOf(failure.getMessage())),
        "What it said earlier does not count: whoever was removed since would pass.",
        failure.remedy());
  }

  static ReportedFinding directoryBusy() {
    return finding(
        "directory-busy",
        "Too many machines are being looked up",
        "a place in the queue of two",
        "none free",
        "Hosts of the other modes must not wait for a slow directory.",
        ATTEST_AGAIN);
  }
}
