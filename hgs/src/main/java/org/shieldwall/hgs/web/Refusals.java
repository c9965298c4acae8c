package org.shieldwall.hgs.web;

import java.util.List;
import java.util.UUID;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ProblemType;
import org.shieldwall.protocol.RefusedException;

/** Refusals that need no judgement, and leave no audit record: who asked has shown nothing yet. */
final class Refusals {
  private Refusals() {}

  static RefusedException of(ProblemType type, String detail) {
    return new RefusedException(Problem.of(type, detail, UUID.randomUUID(), List.of()));
  }
}
