package org.shieldwall.hgs.audit;

import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import tools.jackson.databind.json.JsonMapper;

/** Appends to the audit record and checks its chain. */
public final class AuditLog {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String COLUMNS = "seq, id, at, kind, subject, detail, previous, hash";
  private static final RowMapper<AuditRecord> ROW =
      (row, context) ->
          new AuditRecord(
              row.getLong("seq"),
              row.getString("id"),
              row.getString("at"),
              row.getString("kind"),
              row.getString("subject"),
              row.getString("detail"),
              row.getString("previous"),
              row.getString("hash"));

  private final InstantSource clock;

  /** A log whose records carry this clock's time. */
  public AuditLog(InstantSource clock) {
    this.clock = clock;
  }

  /** Appends, in the caller's writing transaction, a record with a new id. */
  public AuditRecord append(Handle writing, AuditKind kind, String subject, Map<String, ?> detail) {
    return append(writing, UUID.randomUUID(), kind, subject, detail);
  }

  /**
   * Appends, in the caller's writing transaction: the record is kept if and only if what it tells
   * of is.
   *
   * @param detail what JSON can hold; no secret, nonce or token
   */
  public AuditRecord append(
      Handle writing, UUID id, AuditKind kind, String subject, Map<String, ?> detail) {
    Optional<AuditRecord> last = last(writing);
    long seq = last.map(AuditRecord::seq).orElse(0L) + 1;
    String previous = last.map(AuditRecord::hash).orElse(AuditRecord.ORIGIN);
    String at = clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
    String json = JSON.writeValueAsString(new TreeMap<>(detail));
    String hash = AuditRecord.hashOf(seq, id.toString(), at, kind.code(), subject, json, previous);
    writing.execute(
        "INSERT INTO audit (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        id.toString(),
        at,
        kind.code(),
        subject,
        json,
        previous,
        hash);
    return new AuditRecord(seq, id.toString(), at, kind.code(), subject, json, previous, hash);
  }

  /** {@return the newest record, if there is any} */
  public Optional<AuditRecord> last(Handle handle) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM audit ORDER BY seq DESC LIMIT 1")
        .map(ROW)
        .findOne();
  }

  /** {@return the newest {@code limit} records, oldest first} */
  public List<AuditRecord> newest(Handle handle, int limit) {
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT :limit) newest ORDER BY seq")
        .bind("limit", limit)
        .map(ROW)
        .list();
  }

  /**
   * Reads the whole record and checks every hash and number. A record cut off at its end cannot be
   * told from one that ended there: for that, {@code noted} is a hash that was noted down earlier
   * and must still be in the chain.
   */
  public ChainCheck verify(Handle handle, Optional<String> noted) {
    try (Stream<AuditRecord> rows =
        handle.createQuery("SELECT " + COLUMNS + " FROM audit ORDER BY seq").map(ROW).stream()) {
      long seq = 0;
      String previous = AuditRecord.ORIGIN;
      boolean found = noted.isEmpty();
      for (Iterator<AuditRecord> each = rows.iterator(); each.hasNext(); ) {
        AuditRecord record = each.next();
        seq++;
        if (record.seq() != seq) {
          return new ChainCheck.Broken(seq, "record " + seq + " is missing");
        }
        if (!record.previous().equals(previous)) {
          return new ChainCheck.Broken(seq, "record " + seq + " does not follow the one before it");
        }
        if (!record.holds()) {
          return new ChainCheck.Broken(seq, "record " + seq + " has been altered");
        }
        previous = record.hash();
        found = found || noted.filter(previous::equals).isPresent();
      }
      if (seq == 0) {
        return new ChainCheck.Broken(1, "record 1 is missing, which every service begins with");
      }
      return found
          ? new ChainCheck.Intact(seq, previous)
          : new ChainCheck.Broken(seq, "the hash noted earlier is no longer in the record");
    }
  }
}
