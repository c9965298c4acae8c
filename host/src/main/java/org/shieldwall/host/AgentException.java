package org.shieldwall.host;

import java.util.List;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;

/**
 * What the agent cannot or may not do, in three parts: what happened, what mends it, and, where a
 * Host Guardian Service refused, its findings.
 */
public final class AgentException extends Exception {
  /** How the caller should take it. */
  public enum Kind {
    /** Somebody said no: the service, the enclave, or a rule of the store. */
    REFUSED,
    /** A document, name or number that is not what it should be. */
    MALFORMED,
    /** Something is missing or does not answer: a file, a program, a service. */
    UNAVAILABLE
  }

  private final Kind kind;
  private final String code;
  private final String remedy;
  private final List<ReportedFinding> findings;

  /**
   * @param code stable, kebab-case
   * @param what what happened and what it means
   * @param remedy what mends it; may be empty
   */
  public AgentException(
      Kind kind, String code, String what, String remedy, List<ReportedFinding> findings) {
    super(what);
    this.kind = kind;
    this.code = code;
    this.remedy = remedy;
    this.findings = List.copyOf(findings);
  }

  /** Without findings. */
  public AgentException(Kind kind, String code, String what, String remedy) {
    this(kind, code, what, remedy, List.of());
  }

  /** {@return what a Host Guardian Service's refusal is to whoever asked} */
  public static AgentException of(RefusedException refused) {
    Problem problem = refused.problem();
    String code =
        problem.findings().isEmpty()
            ? ProblemType.ofUrn(problem.type()).map(ProblemType::code).orElse("refused")
            : problem.findings().getFirst().code();
    String remedy = problem.findings().isEmpty() ? "" : problem.findings().getFirst().remedy();
    return new AgentException(
        Kind.REFUSED, code, problem.title() + ": " + problem.detail(), remedy, problem.findings());
  }

  /** {@return what a service that does not answer is to whoever asked} */
  public static AgentException of(HgsUnavailableException unavailable) {
    return new AgentException(
        Kind.UNAVAILABLE, "hgs-unavailable", unavailable.what(), unavailable.hint());
  }

  /** {@return how to take it} */
  public Kind kind() {
    return kind;
  }

  /** {@return the stable code} */
  public String code() {
    return code;
  }

  /** {@return what happened} */
  public String what() {
    String message = getMessage();
    return message == null ? code : message;
  }

  /** {@return what mends it; may be empty} */
  public String remedy() {
    return remedy;
  }

  /** {@return what the service found, every one of it} */
  public List<ReportedFinding> findings() {
    return findings;
  }
}
