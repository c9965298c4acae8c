package org.shieldwall.evidence.eventlog;

import java.util.ArrayList;
import java.util.List;
import org.shieldwall.evidence.eventlog.EventReading.Separator;
import org.shieldwall.evidence.eventlog.EventReading.Text;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * PCR 7 (PFP section 3.3.4.8): before its separator the Secure Boot variables as firmware found
 * them, after it the authority for each image.
 *
 * <p>Only the variable SecureBoot measured <em>before</em> the separator counts. Whoever is root
 * later can extend PCR 7 with the digest of "SecureBoot is 1" and log it, but firmware has closed
 * that part by then.
 */
final class SecureBootReader {
  private static final Bytes ENABLED = Bytes.ofHex("01");
  private static final Bytes DISABLED = Bytes.ofHex("00");

  /** So many signatures of a log are shown; real machines have about 500. */
  private static final int MOST_SIGNATURES = 20_000;

  private final List<LogProblem> problems;
  private final List<MeasuredVariable> variables = new ArrayList<>();
  private final List<MeasuredVariable> authorities = new ArrayList<>();
  private final List<MeasuredText> actions = new ArrayList<>();
  private SecureBootState state = SecureBootState.UNKNOWN;
  private boolean stateSeen;
  private boolean closed;
  private boolean complete = true;
  private int shown = MOST_SIGNATURES;

  SecureBootReader(List<LogProblem> problems) {
    this.problems = problems;
  }

  void event(UntrustedEvent event, EventReading reading) {
    switch (reading) {
      case Separator(Separator.Meaning meaning) -> {
        complete &= meaning == Separator.Meaning.NORMAL && !closed;
        closed = true;
      }
      case EventReading.Variable(EfiVariable variable) -> variable(event, variable);
      case Text text when text.origin() == Text.Origin.ACTION ->
          actions.add(new MeasuredText(event.index(), text.text()));
      case EventReading.VariableValue(EfiVariable claimed) ->
          problem(
              LogProblem.Code.NAME_NOT_MEASURED,
              event,
              "only the value of \"" + claimed.name() + "\" was measured, not its name");
      case EventReading.Unconfirmed _ -> complete = false;
      case EventReading.UnknownType _ -> complete = false;
      default ->
          problem(
              LogProblem.Code.UNEXPECTED_TYPE,
              event,
              event.typeName() + " in PCR 7, where variables and authorities are measured");
    }
  }

  private void variable(UntrustedEvent event, EfiVariable variable) {
    if (event.type() == EventType.EFI_VARIABLE_AUTHORITY.id()) {
      authorities.add(
          new MeasuredVariable(
              event.index(), variable, SignatureEntry.authority(variable.value())));
      return;
    }
    if (isSecureBoot(variable)) {
      secureBoot(event, variable.value());
    }
    if (closed) {
      problem(
          LogProblem.Code.UNEXPECTED_TYPE,
          event,
          "the variable \"" + variable.name() + "\" was measured after firmware closed PCR 7");
      return;
    }
    variables.add(new MeasuredVariable(event.index(), variable, entries(variable)));
  }

  private static boolean isSecureBoot(EfiVariable variable) {
    return variable.vendor().equals(EfiVariable.GLOBAL) && variable.name().equals("SecureBoot");
  }

  private void secureBoot(UntrustedEvent event, Bytes value) {
    if (stateSeen || closed) {
      unreadable(event, "the variable SecureBoot was measured more than once, or too late");
      return;
    }
    stateSeen = true;
    if (value.equals(ENABLED)) {
      state = SecureBootState.ON;
    } else if (value.equals(DISABLED)) {
      state = SecureBootState.OFF;
    } else if (value.isEmpty()) {
      unreadable(event, "the variable SecureBoot is empty: this firmware does not have it");
    } else {
      unreadable(event, "the variable SecureBoot is neither 0 nor 1");
    }
  }

  private void unreadable(UntrustedEvent event, String why) {
    problem(LogProblem.Code.SECURE_BOOT_UNREADABLE, event, why);
  }

  private void problem(LogProblem.Code code, UntrustedEvent event, String detail) {
    complete = false;
    problems.add(LogProblem.of(code, event, detail));
  }

  private List<SignatureEntry> entries(EfiVariable variable) {
    boolean database =
        variable.vendor().equals(EfiVariable.SECURITY_DATABASE)
            || (variable.vendor().equals(EfiVariable.GLOBAL)
                && (variable.name().equals("PK") || variable.name().equals("KEK")));
    try {
      if (!database) {
        return List.of();
      }
      List<SignatureEntry> entries = SignatureEntry.parse(variable.value(), shown);
      shown -= entries.size();
      return entries;
    } catch (MalformedException e) {
      // Its hash is what is compared; that its parts cannot be shown takes nothing from that.
      return List.of();
    }
  }

  /** Says what is missing, once the log has been gone through. */
  void end() {
    if (stateSeen && !closed) {
      missing("no separator closes PCR 7");
    } else if (closed && !stateSeen) {
      missing("the variable SecureBoot was not measured before PCR 7 was closed");
    }
  }

  private void missing(String why) {
    problems.add(new LogProblem(LogProblem.Code.SECURE_BOOT_UNREADABLE, -1, 0, 7, why));
  }

  /** {@return the state, if all of PCR 7 can be accounted for and firmware has closed it} */
  SecureBootState state() {
    return complete && closed ? state : SecureBootState.UNKNOWN;
  }

  List<MeasuredVariable> variables() {
    return variables;
  }

  List<MeasuredVariable> authorities() {
    return authorities;
  }

  List<MeasuredText> actions() {
    return actions;
  }

  /** shim measures MokSBState (1: do not check) when it obeys it. */
  boolean isShimValidationDisabled() {
    return authorities.stream()
        .map(MeasuredVariable::variable)
        .anyMatch(each ->
            each.vendor().equals(EfiVariable.SHIM)
                && each.name().equals("MokSBState")
                && !each.value().isAllZero());
  }
}
