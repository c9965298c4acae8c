package org.shieldwall.hgs.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.shieldwall.tpm.Bytes;

/**
 * The evidence that each host sent last. The event log is a piece, shared by all hosts whose boot
 * logged the same; the IMA list is kept in the parts that it came in. What is there already is not
 * written again: a host that attests in the same boot costs one row of some hundred bytes.
 */
public final class EvidenceRegister {
  /** The most that is kept of a list or log, packed. */
  static final int MOST = 1 << 20;

  /** More parts than this are made one. */
  private static final int PARTS = 32;

  private static final String EVENT_LOG = "event-log";
  private static final String IMA = "ima";

  private EvidenceRegister() {}

  /** Evidence with its large parts packed, as far as they have to be written. */
  public static final class Prepared {
    private final StoredEvidence evidence;
    private final Optional<PackedPart> eventLog;
    private final Optional<PackedPart> ima;

    private Prepared(
        StoredEvidence evidence, Optional<PackedPart> eventLog, Optional<PackedPart> ima) {
      this.evidence = evidence;
      this.eventLog = eventLog;
      this.ima = ima;
    }
  }

  /** {@return the evidence, made ready to be written}: what takes time is done outside the lock. */
  public static Prepared prepare(Handle reading, StoredEvidence sent) {
    StoredEvidence evidence = sent.imaFrom() > 0 ? withFewParts(reading, sent) : sent;
    Optional<PackedPart> eventLog =
        evidence
            .eventLog()
            .map(log -> {
              PackedPart part = PackedPart.of(log);
              return Pieces.isKept(reading, part.digest()) ? part : part.packed();
            });
    Optional<PackedPart> ima =
        evidence
            .ima()
            .filter(list -> evidence.imaFrom() == 0 || !list.isEmpty())
            .map(list -> {
              PackedPart part = PackedPart.of(list);
              return isPart(reading, evidence, part) ? part : part.packed();
            });
    return new Prepared(evidence, eventLog, ima);
  }

  private static StoredEvidence withFewParts(Handle handle, StoredEvidence sent) {
    List<ImaParts.Part> parts = new ArrayList<>(imaParts(handle, sent.host()));
    if (parts.size() < PARTS || sent.ima().isEmpty()) {
      return sent;
    }
    parts.removeIf(part -> part.first() >= sent.imaFrom());
    parts.add(new ImaParts.Part(sent.imaFrom(), sent.ima().get()));
    return ImaParts.joined(parts).map(sent::withWholeIma).orElse(sent);
  }

  private static boolean isPart(Handle handle, StoredEvidence evidence, PackedPart part) {
    return handle
        .createQuery(
            "SELECT 1 FROM evidence_ima WHERE host = :host AND first = :first AND digest = :digest")
        .bind("host", evidence.host())
        .bind("first", evidence.imaFrom())
        .bind("digest", part.digest())
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /** Keeps evidence in place of what the host sent before. */
  public static void keep(Handle writing, Prepared prepared) {
    StoredEvidence evidence = prepared.evidence;
    Optional<PackedPart> log = prepared.eventLog.filter(part -> part.isAtMost(MOST));
    Optional<String> before = eventLogOf(writing, evidence.host());
    Optional<String> now = log.map(PackedPart::digest);
    if (!before.equals(now)) {
      log.ifPresent(part -> Pieces.keep(writing, part));
    }
    List<String> dropped = new ArrayList<>();
    if (prepared.eventLog.isPresent() && log.isEmpty()) {
      dropped.add(EVENT_LOG);
    }
    if (!keepIma(writing, prepared)) {
      dropped.add(IMA);
    }
    put(writing, evidence, now, String.join(" ", dropped));
    if (!before.equals(now)) {
      before.ifPresent(digest -> Pieces.release(writing, digest));
    }
  }

  private static Optional<String> eventLogOf(Handle handle, String host) {
    return handle
        .createQuery("SELECT event_log FROM last_evidence WHERE host = :host")
        .bind("host", host)
        .map((row, context) -> Optional.ofNullable(row.getString("event_log")))
        .findOne()
        .flatMap(digest -> digest);
  }

  /** {@return whether all of the list is kept} */
  private static boolean keepIma(Handle writing, Prepared prepared) {
    StoredEvidence evidence = prepared.evidence;
    if (evidence.ima().isEmpty()) {
      deleteIma(writing, evidence.host(), 0);
      return true;
    }
    if (prepared.ima.isEmpty()) {
      return size(writing, evidence.host()) > 0;
    }
    if (isPart(writing, evidence, prepared.ima.get())) {
      deleteIma(writing, evidence.host(), evidence.imaFrom() + 1);
      return true;
    }
    // A list that starts again where an earlier part did takes the place of all from there on.
    deleteIma(writing, evidence.host(), evidence.imaFrom());
    long room = MOST - size(writing, evidence.host());
    boolean whole = evidence.imaFrom() == 0 || room < MOST;
    PackedPart part = prepared.ima.get();
    if (!whole || !part.isAtMost(room)) {
      deleteIma(writing, evidence.host(), 0);
      return false;
    }
    writing.execute(
        "INSERT INTO evidence_ima (host, first, digest, size, content) VALUES (?, ?, ?, ?, ?)",
        evidence.host(),
        evidence.imaFrom(),
        part.digest(),
        part.size(),
        part.content());
    return true;
  }

  private static void deleteIma(Handle writing, String host, long from) {
    writing.execute("DELETE FROM evidence_ima WHERE host = ? AND first >= ?", host, from);
  }

  private static long size(Handle handle, String host) {
    return handle
        .createQuery(
            "SELECT COALESCE(SUM(LENGTH(content)), 0) FROM evidence_ima WHERE host = :host")
        .bind("host", host)
        .mapTo(Long.class)
        .one();
  }

  private static void put(
      Handle writing, StoredEvidence evidence, Optional<String> log, String dropped) {
    writing.execute(
        "INSERT INTO last_evidence (host, ak, quote, signature, pcrs, command_line, extra_data,"
            + " enclave, event_log, dropped) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            + " ON CONFLICT (host) DO UPDATE SET ak = excluded.ak, quote = excluded.quote,"
            + " signature = excluded.signature, pcrs = excluded.pcrs,"
            + " command_line = excluded.command_line, extra_data = excluded.extra_data,"
            + " enclave = excluded.enclave, event_log = excluded.event_log,"
            + " dropped = excluded.dropped",
        evidence.host(),
        evidence.ak().toArray(),
        evidence.quote().toArray(),
        evidence.signature().toArray(),
        evidence.packedPcrs(),
        evidence.commandLine().orElse(null),
        evidence.extraData().toArray(),
        evidence.enclave().toArray(),
        log.orElse(null),
        dropped);
  }

  /**
   * Evidence as it was kept.
   *
   * @param dropped what was too large to be kept: {@code event-log}, {@code ima}
   * @param eventLogDigest digest of the event log; empty if there is none
   */
  public record Found(StoredEvidence evidence, List<String> dropped, String eventLogDigest) {}

  /** {@return what the host of this name last sent} */
  public static Optional<Found> of(Handle handle, String host) {
    return handle
        .createQuery(
            "SELECT host, ak, quote, signature, pcrs, command_line, extra_data, enclave,"
                + " event_log, dropped FROM last_evidence WHERE host = :host")
        .bind("host", host)
        .map((row, context) -> {
          Optional<String> log = Optional.ofNullable(row.getString("event_log"));
          return new Found(
              new StoredEvidence(
                  row.getString("host"),
                  Bytes.of(row.getBytes("ak")),
                  Bytes.of(row.getBytes("quote")),
                  Bytes.of(row.getBytes("signature")),
                  StoredEvidence.unpackedPcrs(row.getBytes("pcrs")),
                  Optional.ofNullable(row.getString("command_line")),
                  Bytes.of(row.getBytes("extra_data")),
                  Bytes.of(row.getBytes("enclave")),
                  log.flatMap(digest -> Pieces.find(handle, digest)),
                  ImaParts.joined(imaParts(handle, host)),
                  0),
              Labels.split(row.getString("dropped")),
              log.orElse(""));
        })
        .findOne();
  }

  private static List<ImaParts.Part> imaParts(Handle handle, String host) {
    return handle
        .createQuery(
            "SELECT first, size, content FROM evidence_ima WHERE host = :host ORDER BY first")
        .bind("host", host)
        .map((row, context) ->
            new ImaParts.Part(
                row.getLong("first"),
                Pieces.unpacked(row.getBytes("content"), row.getLong("size"))))
        .list();
  }

  /** {@return the names of the hosts that have sent evidence, ascending} */
  public static List<String> hosts(Handle handle) {
    return handle
        .createQuery("SELECT host FROM last_evidence ORDER BY host")
        .mapTo(String.class)
        .list();
  }

  /** Forgets what a host sent. */
  public static void forget(Handle writing, String host) {
    Optional<String> log = eventLogOf(writing, host);
    deleteIma(writing, host, 0);
    writing.execute("DELETE FROM last_evidence WHERE host = ?", host);
    log.ifPresent(digest -> Pieces.release(writing, digest));
  }
}
