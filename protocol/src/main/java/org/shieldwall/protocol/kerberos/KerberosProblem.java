package org.shieldwall.protocol.kerberos;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong with Kerberos, told apart by the error numbers of RFC 4120, section 7.5.9, which
 * the JDK puts into its messages.
 */
public enum KerberosProblem {
  /** The clocks differ by more than Kerberos allows, five minutes by default. */
  CLOCK_SKEW(
      "clock-skew",
      "The clocks differ by more than Kerberos allows",
      "set this machine's clock by the domain's: chronyc makestep"),
  /** The directory has no service with this principal. */
  SERVICE_UNKNOWN(
      "service-unknown",
      "The directory knows no such service",
      "compare 'service' in host.toml with the service's account: samba-tool spn list ACCOUNT"),
  /** The ticket cannot be opened with any key in the service's keytab. */
  NOT_OUR_TICKET(
      "ticket-for-another-service",
      "The ticket is for another service, or for a key this service no longer has",
      "compare 'service' in host.toml and in hgs.toml; if they agree, export the service's keytab"
          + " again"),
  /** The keytab's key is not the account's. */
  KEYTAB_STALE(
      "keytab-stale",
      "The keytab's key is not the account's any more",
      "export the account's keytab again: its password has been changed since"),
  /** There is no usable key for the principal in the keytab. */
  KEYTAB_MISSING(
      "keytab-missing",
      "The keytab has no usable key for the account",
      "look at it: klist -kte KEYTAB; it needs an AES key of exactly this principal"),
  /** The directory has no such account. */
  ACCOUNT_UNKNOWN(
      "account-unknown",
      "The directory knows no such account",
      "join this machine to the domain, or correct 'account'"),
  /** The account is disabled, locked or out of its time. */
  ACCOUNT_DISABLED(
      "account-disabled",
      "The account is disabled, locked or expired",
      "the directory's administrator enables it: samba-tool user enable ACCOUNT"),
  /** The account's password is out of its time. */
  PASSWORD_EXPIRED(
      "keytab-expired",
      "The account's password has expired, and the keytab with it",
      "change the machine's password and export its keytab again"),
  /** No domain controller answers. */
  UNREACHABLE(
      "kdc-unreachable",
      "No domain controller answers",
      "check 'kdc' in krb5.conf, the network and the domain controller"),
  /** There is no cipher that both allow. */
  ENCRYPTION(
      "encryption-not-supported",
      "The account's keys are of a kind that is not supported",
      "give the account AES keys: msDS-SupportedEncryptionTypes 24, and change its password"),
  /** The very same exchange has been seen before. */
  REPLAYED(
      "ticket-replayed", "This Kerberos exchange has been seen before", "shieldwall host attest"),
  /** The ticket is out of its time. */
  TICKET_EXPIRED("ticket-expired", "The ticket has expired", "shieldwall host attest"),
  /** Anything else. */
  OTHER(
      "kerberos-failed",
      "Kerberos does not work",
      "try the same by hand: kinit -kt KEYTAB ACCOUNT");

  private static final Pattern NUMBER = Pattern.compile("\\((\\d{1,3})\\)");
  private static final int MAX_CAUSES = 10;

  private final String code;
  private final String title;
  private final String remedy;

  KerberosProblem(String code, String title, String remedy) {
    this.code = code;
    this.title = title;
    this.remedy = remedy;
  }

  /** {@return the stable code} */
  public String code() {
    return code;
  }

  /** {@return what happened, in words} */
  public String title() {
    return title;
  }

  /** {@return what mends it} */
  public String remedy() {
    return remedy;
  }

  /** {@return what a failure of the JDK's Kerberos is} */
  public static KerberosProblem of(Throwable failure) {
    KerberosProblem found = OTHER;
    @Nullable Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
      KerberosProblem here = of(String.valueOf(cause.getMessage()));
      found = here == OTHER ? found : here;
      if (cause instanceof java.net.SocketException
          || cause instanceof java.net.SocketTimeoutException
          || cause instanceof java.net.UnknownHostException) {
        return UNREACHABLE;
      }
      cause = cause.getCause();
    }
    return found;
  }

  private static KerberosProblem of(String message) {
    if (message.contains("Cannot find key")) {
      return NOT_OUR_TICKET;
    }
    if (message.contains("Unable to obtain password from user")
        || message.contains("No key to store")) {
      return KEYTAB_MISSING;
    }
    if (message.contains("Cannot locate KDC") || message.contains("Cannot locate default realm")) {
      return UNREACHABLE;
    }
    if (message.contains("Checksum failed")) {
      return KEYTAB_STALE;
    }
    Matcher numbers = NUMBER.matcher(message);
    KerberosProblem found = OTHER;
    while (numbers.find()) {
      KerberosProblem here = ofNumber(Integer.parseInt(numbers.group(1)));
      found = here == OTHER ? found : here;
    }
    return found;
  }

  private static KerberosProblem ofNumber(int number) {
    return switch (number) {
      case 6 -> ACCOUNT_UNKNOWN;
      case 7 -> SERVICE_UNKNOWN;
      case 14 -> ENCRYPTION;
      case 1, 12, 18 -> ACCOUNT_DISABLED;
      case 23 -> PASSWORD_EXPIRED;
      case 24, 31 -> KEYTAB_STALE;
      case 32 -> TICKET_EXPIRED;
      case 34 -> REPLAYED;
      case 35, 44, 45 -> NOT_OUR_TICKET;
      case 33, 37 -> CLOCK_SKEW;
      default -> OTHER;
    };
  }
}
