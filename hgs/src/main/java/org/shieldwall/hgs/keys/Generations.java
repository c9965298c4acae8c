package org.shieldwall.hgs.keys;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jspecify.annotations.Nullable;
import org.shieldwall.protector.Digest;
import org.shieldwall.protector.KeyProtector;
import org.shieldwall.protector.VmReport;

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
              row.getString("pending_digest"),
              row.getString("state"),
              row.getString("state_of"),
              row.getString("bound"));

  private record Row(
      @Nullable String committed,
      long pending,
      String pendingDigest,
      @Nullable String state,
      @Nullable String stateOf,
      @Nullable String bound) {
    Optional<Digest> stateOf(String digest) {
      return digest.equals(stateOf)
          ? Optional.ofNullable(state).map(Digest::new)
          : Optional.empty();
    }
  }

  /** What presenting a protector comes to. */
  sealed interface Standing {
    /**
     * It may be opened, and the one that replaces it becomes pending.
     *
     * @param known whether there is a row
     * @param commits whether presenting it shows that the host kept it
     * @param state digest of its sealed state, if its enclave has reported it
     * @param bound identity of the machine that started the VM first, if that is of interest
     */
    record Current(boolean known, boolean commits, Optional<Digest> state, Optional<String> bound)
        implements Standing {}

    /**
     * It is an old or a second copy.
     *
     * @param newest the generation handed out last
     * @param bound identity of the machine that started the VM first, if that is of interest
     */
    record Superseded(long newest, Optional<String> bound) implements Standing {}

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
          ? new Standing.Current(false, true, Optional.empty(), Optional.empty())
          : new Standing.Unknown();
    }
    boolean pending = row.get().pendingDigest().equals(digest);
    if (pending || digest.equals(row.get().committed())) {
      return new Standing.Current(
          true, pending, row.get().stateOf(digest), Optional.ofNullable(row.get().bound()));
    }
    return new Standing.Superseded(row.get().pending(), Optional.ofNullable(row.get().bound()));
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

  /** Records what the owner said of a state that is taken back to: a second try needs it too. */
  static void restored(Handle writing, KeyProtector presented, Digest state) {
    writing.execute(
        "UPDATE generation SET state = ?, state_of = ? WHERE grant_digest = ? AND vm = ?",
        state.text(),
        presented.digest().text(),
        grant(presented),
        vm(presented));
  }

  /** Binds the VM to a machine, once its first start is recorded. */
  static void bind(Handle writing, KeyProtector next, String identity) {
    writing.execute(
        "UPDATE generation SET bound = ? WHERE grant_digest = ? AND vm = ? AND bound IS NULL",
        identity,
        grant(next),
        vm(next));
  }

  /**
   * Records that an enclave has what {@code subject} names on its disk: nothing older starts from
   * then on. {@return whether it is a generation that may be}
   *
   * @param state digest of the sealed state, if the VM has ended
   */
  static boolean commit(
      Handle writing, VmReport.Subject subject, Optional<Digest> state, Instant now) {
    String grant = subject.grant().text();
    String vm = subject.vm().toString();
    String protector = subject.protector().text();
    writing.execute(
        "UPDATE generation SET committed = pending, committed_digest = pending_digest, changed = ?"
            + " WHERE grant_digest = ? AND vm = ? AND pending_digest = ?",
        now.toString(),
        grant,
        vm,
        protector);
    return writing.execute(
            "UPDATE generation SET state = ?, state_of = ?"
                + " WHERE grant_digest = ? AND vm = ? AND committed_digest = ?",
            state.map(Digest::text).orElse(null),
            protector,
            grant,
            vm,
            protector)
        == 1;
  }

  /**
   * Takes back what was handed out for a move that did not come to its end: the generation that ran
   * on, and ended in order, is the only one from now on. Else the state that the move left
   * elsewhere could be started in place of the one that the VM ended with.
   */
  static void withdrawPending(Handle writing, VmReport.Subject ended) {
    writing.execute(
        "UPDATE generation SET pending = committed, pending_digest = committed_digest"
            + " WHERE grant_digest = ? AND vm = ? AND committed_digest = ?",
        ended.grant().text(),
        ended.vm().toString(),
        ended.protector().text());
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
            "SELECT committed_digest, pending, pending_digest, state, state_of, bound FROM generation"
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
