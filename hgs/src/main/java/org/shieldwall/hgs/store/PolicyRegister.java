package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.shieldwall.tpm.Bytes;

/**
 * Policy documents, each version as it was given, and the labels they are assigned to. Of each name
 * one version at most is active and one at most staged: unique indexes hold that.
 */
public final class PolicyRegister {
  private static final String COLUMNS = "name, version, digest, document, state, added, changed";
  private static final RowMapper<Stored> ROW =
      (row, context) ->
          new Stored(
              row.getString("name"),
              row.getInt("version"),
              row.getString("digest"),
              row.getString("document"),
              State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
              Instant.parse(row.getString("added")),
              Instant.parse(row.getString("changed")));

  private PolicyRegister() {}

  /** What a version is used for. */
  public enum State {
    /** To be tried. */
    STAGED,
    /** In force. */
    ACTIVE,
    /** It was in force, or staged. */
    FORMER;

    /** {@return the name in the store, in JSON and for people} */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One version of a policy.
   *
   * @param digest SHA-256 over the document and the files it names
   * @param document TOML, as it was given
   * @param changed when its state last changed
   */
  public record Stored(
      String name,
      int version,
      String digest,
      String document,
      State state,
      Instant added,
      Instant changed) {}

  /** Keeps a new version with its files; a former one of the same state gives way. */
  public static void add(Handle writing, Stored policy, Map<String, Bytes> files) {
    retire(writing, policy.name(), policy.state(), policy.added());
    writing.execute(
        "INSERT INTO policy (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?)",
        policy.name(),
        policy.version(),
        policy.digest(),
        policy.document(),
        policy.state().code(),
        policy.added().toString(),
        policy.changed().toString());
    files.forEach((path, content) -> {
      PackedPart part = PackedPart.of(content);
      Pieces.keep(writing, part);
      writing.execute(
          "INSERT INTO policy_file (name, version, path, piece) VALUES (?, ?, ?, ?)",
          policy.name(),
          policy.version(),
          path,
          part.digest());
    });
    PolicyRevision.advance(writing);
  }

  /** Puts the staged version in force; the one that was becomes a former one. */
  public static void activate(Handle writing, Stored staged, Instant now) {
    retire(writing, staged.name(), State.ACTIVE, now);
    setState(writing, staged.name(), staged.version(), State.ACTIVE, now);
    PolicyRevision.advance(writing);
  }

  private static void retire(Handle writing, String name, State state, Instant now) {
    if (state != State.FORMER) {
      inState(writing, name, state)
          .ifPresent(before -> setState(writing, name, before.version(), State.FORMER, now));
    }
  }

  private static void setState(Handle writing, String name, int version, State state, Instant now) {
    writing.execute(
        "UPDATE policy SET state = ?, changed = ? WHERE name = ? AND version = ?",
        state.code(),
        now.toString(),
        name,
        version);
  }

  /** Deletes these versions of a policy, with the files that nothing else names. */
  public static void remove(Handle writing, List<Stored> versions) {
    for (Stored each : versions) {
      List<String> pieces = List.copyOf(pieces(writing, each).values());
      writing.execute(
          "DELETE FROM policy_file WHERE name = ? AND version = ?", each.name(), each.version());
      writing.execute(
          "DELETE FROM policy WHERE name = ? AND version = ?", each.name(), each.version());
      pieces.forEach(piece -> Pieces.release(writing, piece));
    }
    PolicyRevision.advance(writing);
  }

  /** {@return the version of this name in this state; the newest, if there are several} */
  public static Optional<Stored> inState(Handle handle, String name, State state) {
    return handle
        .createQuery(
            "SELECT "
                + COLUMNS
                + " FROM policy WHERE name = :name AND state = :state"
                + " ORDER BY version DESC LIMIT 1")
        .bind("name", name)
        .bind("state", state.code())
        .map(ROW)
        .findOne();
  }

  /** {@return every version of a policy, the newest first} */
  public static List<Stored> versions(Handle handle, String name) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM policy WHERE name = :name ORDER BY version DESC")
        .bind("name", name)
        .map(ROW)
        .list();
  }

  /** {@return every version of every policy, by name, the newest first} */
  public static List<Stored> all(Handle handle) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM policy ORDER BY name, version DESC")
        .map(ROW)
        .list();
  }

  /** {@return the files that a version names, by the path it names them by} */
  public static SortedMap<String, Bytes> files(Handle handle, Stored policy) {
    SortedMap<String, Bytes> files = new TreeMap<>();
    pieces(handle, policy)
        .forEach((path, piece) ->
            files.put(
                path,
                Pieces.find(handle, piece)
                    .orElseThrow(
                        () -> new IllegalStateException("piece " + piece + " is missing"))));
    return files;
  }

  private static SortedMap<String, String> pieces(Handle handle, Stored policy) {
    SortedMap<String, String> pieces = new TreeMap<>();
    handle
        .createQuery(
            "SELECT path, piece FROM policy_file WHERE name = :name AND version = :version")
        .bind("name", policy.name())
        .bind("version", policy.version())
        .map((row, context) -> Map.entry(row.getString("path"), row.getString("piece")))
        .forEach(each -> pieces.put(each.getKey(), each.getValue()));
    return pieces;
  }

  /** Gives the hosts with a label this policy. */
  public static void assign(Handle writing, String label, String policy) {
    writing.execute(
        "INSERT INTO policy_label (label, policy) VALUES (?, ?)"
            + " ON CONFLICT (label) DO UPDATE SET policy = excluded.policy",
        label,
        policy);
    PolicyRevision.advance(writing);
  }

  /** {@return whether the label had a policy} */
  public static boolean unassign(Handle writing, String label) {
    PolicyRevision.advance(writing);
    return writing.execute("DELETE FROM policy_label WHERE label = ?", label) == 1;
  }

  /** {@return the policy of each label that has one} */
  public static SortedMap<String, String> assignments(Handle handle) {
    SortedMap<String, String> assignments = new TreeMap<>();
    handle
        .createQuery("SELECT label, policy FROM policy_label")
        .map((row, context) -> Map.entry(row.getString("label"), row.getString("policy")))
        .forEach(each -> assignments.put(each.getKey(), each.getValue()));
    return assignments;
  }
}
