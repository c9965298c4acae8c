package org.shieldwall.hgs.attestation;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shieldwall.evidence.eventlog.LogReading;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * Remembers what the event logs of the last while say, by the SHA-256 of their bytes: a host sends
 * the same log until it boots again. What was remembered differs in nothing from what reading anew
 * would give, and is held against each quote all the same.
 *
 * <p>Bounded by the length of the logs together, since a stranger may send long ones: what is drawn
 * from a log takes a few times its length.
 */
final class RememberedLogs implements LogReading.Source {
  /** Longer logs are read anew each time. */
  static final int LONGEST = 512 << 10;

  private final int room;
  private final LinkedHashMap<Key, Kept> kept = new LinkedHashMap<>(64, 0.75f, true);
  private int taken;

  private record Key(Bytes sha256, TpmHash bank) {}

  private record Kept(LogReading reading, int length) {}

  RememberedLogs() {
    this(8 << 20);
  }

  /**
   * @param room how long all remembered logs together may be
   */
  RememberedLogs(int room) {
    this.room = room;
  }

  @Override
  public LogReading read(Bytes log, TpmHash bank) throws MalformedException {
    if (log.length() > LONGEST) {
      return ANEW.read(log, bank);
    }
    Key key = new Key(TpmHash.SHA256.hash(log), bank);
    Optional<LogReading> known = find(key);
    if (known.isPresent()) {
      return known.get();
    }
    // Read outside the lock: two who come with the same new log read it twice.
    LogReading reading = ANEW.read(log, bank);
    keep(key, new Kept(reading, log.length()));
    return reading;
  }

  private synchronized Optional<LogReading> find(Key key) {
    return Optional.ofNullable(kept.get(key)).map(Kept::reading);
  }

  private synchronized void keep(Key key, Kept value) {
    @Nullable Kept before = kept.put(key, value);
    taken += value.length() - (before == null ? 0 : before.length());
    while (taken > room) {
      Map.Entry<Key, Kept> oldest = kept.pollFirstEntry();
      taken -= oldest.getValue().length();
    }
  }

  /** {@return how many are remembered} */
  synchronized int count() {
    return kept.size();
  }
}
