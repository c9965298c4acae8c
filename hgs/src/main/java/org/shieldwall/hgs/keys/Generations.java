package org.shieldwall.hgs.keys;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jspecify.annotations.Nullable;
import org.shieldwall.protector.KeyProtector;

/**
 * Which copy of each VM is the current one (docs/protocol.md, section 3). For a grant and a VM
 * there is the <em>committed</em> protector, with which the VM last started for sure, and the
 * <em>pending</em> one, handed out with the newest release: whether the host kept it is not known
 * until it is presented. No other protector is ever opened again.
 */
final class Generations {
  private static final RowMapper<Row> ROW =
      (row, context) ->
          new Row(
              row.getString("committed_digest"),
              row.getLong("pending"),
              row.getString("pending_digest"));

  private record Row(@Nullable String committed, long pending, String pendingDigest) {}

  /** What presenting a protector comes to. */
  sealed interface Standing {
    /**
     * It may be opened, and the one that replaces it becomes pending.
     *
     * @param known whether there is a row
     * @param commits whether presenting it shows that the host kept it
     */
    record Current(boolean known, boolean commits) implements Standing {}

    /**
     * It is an old or a second copy.
     *
     * @param newest the generation handed out last
     */
    record Superseded(long newest) implements Standing {}

    /** A VM that is not known here, and not its first generation by its owner. */
    record Unknown() implements Standing {}
  }

  private Generations() {}

  /**
   * Judges a VM's protector, in the writing transaction that will then {@link #advance} it: no
   * other release of the VM can come in between.
   */
  static Standing standing(Handle writing, KeyProtector presented) {
    Optional<Row> row = row(writing, presented);
    String digest = presented.digest().text();
    if (row.isEmpty()) {
      return presented.generation() == 1 && presented.signedByOwner()
          ? new Standing.Current(false, true)
          : new Standing.Unknown();
    }
    if (row.get().pendingDigest().equals(digest)) {
      return new Standing.Current(true, true);
    }
    if (digest.equals(row.get().committed())) {
      return new Standing.Current(true, false);
    }
    return new Standing.Superseded(row.get().pending());
  }

  /** Records that {@code presented}, judged current, was opened and {@code next} handed out. */
  static void advance(
      Handle writing,
      KeyProtector presented,
      Standing.Current standing,
      KeyProtector next,
      Instant now) {
    if (!standing.known()) {
      insert(writing, Optional.of(presented), next, now);
      return;
    }
    if (standing.commits()) {
      writing.execute(
          "UPDATE generation SET committed = ?, committed_digest = ?"
              + " WHERE grant_digest = ? AND vm = ?",
          presented.generation(),
          presented.digest().text(),
          grant(next),
          vm(next));
    }
    writing.execute(
        "UPDATE generation SET pending = ?, pending_digest = ?, changed = ?"
            + " WHERE grant_digest = ? AND vm = ?",
        next.generation(),
        next.digest().text(),
        now.toString(),
        grant(next),
        vm(next));
  }

  /** Records the first generation of a new VM, handed out but not yet seen again. */
  static void begin(Handle writing, KeyProtector first, Instant now) {
    insert(writing, Optional.empty(), first, now);
  }

  private static void insert(
      Handle writing, Optional<KeyProtector> committed, KeyProtector pending, Instant now) {
    writing.execute(
        "INSERT INTO generation (grant_digest, vm, committed, committed_digest, pending,"
            + " pending_digest, changed) VALUES (?, ?, ?, ?, ?, ?, ?)",
        grant(pending),
        vm(pending),
        committed.map(KeyProtector::generation).orElse(null),
        committed.map(protector -> protector.digest().text()).orElse(null),
        pending.generation(),
        pending.digest().text(),
        now.toString());
  }

  private static Optional<Row> row(Handle handle, KeyProtector protector) {
    return handle
        .createQuery(
            "SELECT committed_digest, pending, pending_digest FROM generation"
                + " WHERE grant_digest = :grant AND vm = :vm")
        .bind("grant", grant(protector))
        .bind("vm", vm(protector))
        .map(ROW)
        .findOne();
  }

  private static String grant(KeyProtector protector) {
    return protector.grant().digest().text();
  }

  private static String vm(KeyProtector protector) {
    return protector.vm().map(UUID::toString).orElseThrow();
  }
}
