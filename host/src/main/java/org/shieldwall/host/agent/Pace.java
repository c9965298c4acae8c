package org.shieldwall.host.agent;

import java.time.Duration;

/**
 * How soon the agent attests after a change, and how seldom at most: docs/fabric-administrator.md
 * has the figures.
 *
 * @param look how often the kernel's count of measured files and its uptime are read
 * @param lookAtTpm how often the TPM's counters and PCRs are read
 * @param quiet how long no further file must have been measured before the agent attests
 * @param longestWait how long a host that goes on measuring files is waited for
 * @param apart least time between two attestations that nobody asked for
 * @param apartForFiles the same where files measured are the reason
 * @param firstRetry time until the first new attempt after one that did not succeed; each further
 *     one doubles it
 * @param lastRetry the longest it becomes
 */
public record Pace(
    Duration look,
    Duration lookAtTpm,
    Duration quiet,
    Duration longestWait,
    Duration apart,
    Duration apartForFiles,
    Duration firstRetry,
    Duration lastRetry) {
  /** What a host keeps to. */
  public static final Pace USUAL =
      new Pace(
          Duration.ofSeconds(1),
          Duration.ofSeconds(60),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofSeconds(5),
          Duration.ofMinutes(5));
}
