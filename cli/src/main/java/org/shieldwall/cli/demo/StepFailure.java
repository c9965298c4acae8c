package org.shieldwall.cli.demo;

/** A step did not see what it should see; the message says what it saw. */
public final class StepFailure extends RuntimeException {
  StepFailure(String seen) {
    super(seen);
  }
}
