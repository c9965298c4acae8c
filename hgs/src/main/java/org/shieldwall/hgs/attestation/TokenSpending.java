package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protocol.AttestationMode;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.tpm.Bytes;

/**
 * Lets each token be answered once. A token is spent in the transaction that records what came of
 * the answer, so that an attestation costs the disk one wait; until then its id is held here, so
 * that the same token sent many times at once is judged once.
 */
final class TokenSpending {
  private final Database database;
  private final AttestationRefusals refusals;
  private final TokenSeal seal;
  private final SpentTokens spent;
  private final Set<Bytes> atWork = ConcurrentHashMap.newKeySet();

  TokenSpending(Database database, AttestationRefusals refusals, TokenSeal seal) {
    this.database = database;
    this.refusals = refusals;
    this.seal = seal;
    this.spent = new SpentTokens();
  }

  /** {@return the token that {@code text} is}; it is refused if it is not good, or was answered. */
  OpenToken open(AttestationMode mode, String text, Instant now) throws RefusedException {
    Optional<ChallengeToken> token = seal.open(text);
    if (token.isEmpty()) {
      throw refusals.token(
          AttestationFindings.token("a token of this service", "one that it did not make"));
    }
    if (token.get().mode() != mode) {
      throw refusals.token(
          AttestationFindings.token(
              "a token of mode " + mode.id(), "one of mode " + token.get().mode().id()));
    }
    if (!now.isBefore(token.get().expires())) {
      throw refusals.token(
          AttestationFindings.token("an answer by " + token.get().expires(), "one at " + now));
    }
    if (!atWork.add(token.get().id())) {
      throw refusals.token(AttestationFindings.replayed());
    }
    if (database.read(reading -> spent.isSpent(reading, token.get()))) {
      atWork.remove(token.get().id());
      throw refusals.token(AttestationFindings.replayed());
    }
    return new OpenToken(token.get(), now);
  }

  /** A token that is being answered. Closing it spends it, if nothing else has. */
  final class OpenToken implements AutoCloseable {
    private final ChallengeToken token;
    private final Instant now;
    private boolean settled;

    private OpenToken(ChallengeToken token, Instant now) {
      this.token = token;
      this.now = now;
    }

    ChallengeToken token() {
      return token;
    }

    /** {@return whether this is the token's first use}, on any node. */
    boolean spend(Handle writing) {
      settled = true;
      return spent.spend(writing, token, now);
    }

    /** {@return the refusal for a token that another node saw first} */
    RefusedException replayed() {
      return refusals.token(AttestationFindings.replayed());
    }

    @Override
    public void close() {
      try {
        if (!settled) {
          database.write(this::spend);
        }
      } finally {
        atWork.remove(token.id());
      }
    }
  }
}
