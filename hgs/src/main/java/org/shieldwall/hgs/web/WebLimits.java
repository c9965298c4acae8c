package org.shieldwall.hgs.web;

import java.time.Duration;

/**
 * What a client can take of the service, at most.
 *
 * @param handshake time for a TLS handshake
 * @param headers time for a request's headers
 * @param body time for a request's body
 * @param idle how long a connection may be silent between requests
 * @param grace how long requests at work may go on when the service stops
 * @param connections open at a time; more wait in the system's queue
 * @param bodyMemory bytes that all bodies together may take
 * @param workers requests worked on at a time; more wait
 * @param patience how long they wait
 */
record WebLimits(
    Duration handshake,
    Duration headers,
    Duration body,
    Duration idle,
    Duration grace,
    int connections,
    int bodyMemory,
    int workers,
    Duration patience) {

  /** {@return what a service of some thousand hosts does well with} */
  static WebLimits defaults() {
    return new WebLimits(
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofSeconds(3),
        2_048,
        128 << 20,
        4 * Runtime.getRuntime().availableProcessors(),
        Duration.ofSeconds(10));
  }
}
