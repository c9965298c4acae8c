package org.shieldwall.lab.attack;

/**
 * One attack.
 *
 * @param name stable, words joined by hyphens
 * @param promise what it tries to break: P1 to P10 of docs/threat-model.md
 * @param precondition what must be there for it to mean anything; the play checks it
 * @param tried what is done
 */
record Attack(
    String name, Attacker attacker, String promise, String precondition, String tried, Play play) {

  /** Does it. An exception is no refusal: the attack counts as failed. */
  @FunctionalInterface
  interface Play {
    Outcome run() throws Exception;
  }

  /** {@return what became of it} */
  Outcome outcome() {
    try {
      return play.run();
    } catch (PreconditionException missing) {
      return new Outcome.Failed("the precondition does not hold: " + missing.getMessage());
    } catch (NotHereException lacking) {
      return new Outcome.NotTried(String.valueOf(lacking.getMessage()));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return new Outcome.Failed("interrupted");
    } catch (Exception unexpected) {
      return new Outcome.Failed(
          "ended by " + unexpected.getClass().getSimpleName() + ": " + unexpected.getMessage());
    }
  }

  /** The attack would mean nothing: what it needs is not there. */
  static final class PreconditionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PreconditionException(String message) {
      super(message);
    }
  }

  /** This machine cannot play the attack. */
  static final class NotHereException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotHereException(String message) {
      super(message);
    }
  }

  /** Requires what an attack needs to mean anything. */
  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new PreconditionException(otherwise);
    }
  }
}
