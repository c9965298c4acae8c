package org.shieldwall.enclave.worker;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import tools.jackson.databind.JsonNode;

/** What a worker reports of itself (QEMU's events), as far as it matters. */
final class WorkerEvents {
  // A boot that is refused ends in a reset, and so does a kernel's panic: without this a VM that
  // cannot start would look like one that is starting.
  private static final int MANY = 4;
  private static final Duration SHORT = Duration.ofMinutes(10);

  private final Deque<Long> resets = new ArrayDeque<>();
  private String shutdownReason = "";

  synchronized void note(JsonNode event) {
    switch (event.path("event").stringValue("")) {
      case "SHUTDOWN" -> shutdownReason = event.path("data").path("reason").stringValue("unknown");
      case "RESET" -> {
        if (event.path("data").path("guest").booleanValue(false)) {
          resets.addLast(System.nanoTime());
          if (resets.size() > MANY) {
            resets.removeFirst();
          }
        }
      }
      default -> {}
    }
  }

  synchronized String shutdownReason() {
    return shutdownReason;
  }

  synchronized boolean resetsTooOften() {
    return resets.size() == MANY && resets.getLast() - resets.getFirst() < SHORT.toNanos();
  }
}
