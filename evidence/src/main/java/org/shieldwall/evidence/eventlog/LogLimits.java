package org.shieldwall.evidence.eventlog;

/**
 * How large a log may be before it is refused unread.
 *
 * @param bytes largest size in bytes; real logs stay under 1 MiB
 * @param events largest number of events; real logs stay under 10,000
 */
public record LogLimits(int bytes, int events) {
  /** 16 MiB and 65,536 events. */
  public static final LogLimits DEFAULT = new LogLimits(16 << 20, 1 << 16);
}
