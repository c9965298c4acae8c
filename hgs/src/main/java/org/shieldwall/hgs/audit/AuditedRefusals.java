package org.shieldwall.hgs.audit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.ReportedFinding;

/**
 * Refuses, with a record of it. Anyone can be refused as often as they ask, and every record is
 * kept for ever: so there are only so many a second, and beyond them the answer is to come back
 * later.
 */
public final class AuditedRefusals {
  private static final int BURST = 200;
  private static final Duration ONE_EACH = Duration.ofMillis(50);

  private final Database database;
  private final AuditLog log;
  private final InstantSource clock;
  private Instant fullAt;

  /** Refusals recorded in {@code log}. */
  public AuditedRefusals(Database database, AuditLog log, InstantSource clock) {
    this.database = database;
    this.log = log;
    this.clock = clock;
    this.fullAt = clock.instant();
  }

  /**
   * {@return the refusal, recorded; or one that says to come back later, if there were too many}
   *
   * @param subject whom it is about
   * @param facts what else the record says; no secret, nonce or token
   */
  public RefusedException refuse(
      AuditKind kind,
      ProblemType type,
      String subject,
      String detail,
      List<ReportedFinding> findings,
      Map<String, ?> facts) {
    return refuse(kind, type, subject, detail, findings, facts, Optional.empty());
  }

  /**
   * The same, writing something else with the record.
   *
   * @param also written in the record's transaction, and in one of its own where there is no record
   */
  public RefusedException refuse(
      AuditKind kind,
      ProblemType type,
      String subject,
      String detail,
      List<ReportedFinding> findings,
      Map<String, ?> facts,
      Optional<Consumer<Handle>> also) {
    UUID id = UUID.randomUUID();
    if (!take()) {
      also.ifPresent(this::write);
      return new RefusedException(
          Problem.of(ProblemType.TOO_MANY, "too many refusals; try again later", id, List.of()));
    }
    Map<String, Object> record = new LinkedHashMap<>(facts);
    record.put("problem", type.code());
    record.put("findings", findings.stream().map(ReportedFinding::code).toList());
    write(writing -> {
      also.ifPresent(work -> work.accept(writing));
      log.append(writing, id, kind, subject, record);
    });
    return new RefusedException(Problem.of(type, detail, id, findings));
  }

  private void write(Consumer<Handle> work) {
    database.write(writing -> {
      work.accept(writing);
      return true;
    });
  }

  /** A token bucket: {@code fullAt} is the moment at which it will be full again. */
  private synchronized boolean take() {
    Instant now = clock.instant();
    // Also where the clock was set back: else nobody would be refused with words for as long.
    if (fullAt.isBefore(now) || fullAt.isAfter(now.plus(ONE_EACH.multipliedBy(BURST)))) {
      fullAt = now;
    }
    if (Duration.between(now, fullAt).compareTo(ONE_EACH.multipliedBy(BURST - 1L)) > 0) {
      return false;
    }
    fullAt = fullAt.plus(ONE_EACH);
    return true;
  }
}
