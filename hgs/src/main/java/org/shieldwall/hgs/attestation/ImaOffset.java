package org.shieldwall.hgs.attestation;

import java.time.Instant;
import java.util.Optional;
import org.shieldwall.evidence.Appraisal;
import org.shieldwall.evidence.HealthClaims;
import org.shieldwall.evidence.ImaResume;
import org.shieldwall.hgs.store.ImaProgress;
import org.shieldwall.hgs.store.RegisteredHost;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.ReportedFinding;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;

/**
 * Where a challenge lets a host's IMA list begin. It is sealed into the token: what the list is
 * held against is what the host was told, whatever is accepted of it meanwhile.
 *
 * @param rules digest of what the host was held to when the entries before were accepted
 * @param resetCount the boot that they are of
 * @param restartCount and no resume since
 * @param entries how many there are
 * @param pcr10 what PCR 10 came to after them
 */
record ImaOffset(Bytes rules, long resetCount, long restartCount, long entries, Bytes pcr10) {
  private static final int DIGEST_SIZE = TpmHash.SHA256.size();

  static ImaOffset of(ImaProgress.Stored progress) {
    return new ImaOffset(
        progress.rules(),
        progress.resetCount(),
        progress.restartCount(),
        progress.entries(),
        progress.pcr10());
  }

  /** {@return what was accepted now and can be built on, if anything was} */
  static Optional<ImaProgress.Stored> reached(
      RegisteredHost host, Bytes rules, Appraisal appraisal, HealthClaims claims, Instant now) {
    return appraisal
        .imaResume()
        .map(resume ->
            new ImaProgress.Stored(
                host.name(),
                rules,
                resume.resetCount(),
                claims.restartCount(),
                resume.entries(),
                resume.pcr10(),
                now));
  }

  ImaResume resume() {
    return new ImaResume(entries, pcr10, resetCount);
  }

  /**
   * {@return why the entries before cannot be built on any more, if so} The verifier itself holds
   * the reset count of the quote against {@link #resume}.
   *
   * @param current digest of what the host is held to now
   */
  Optional<ReportedFinding> stale(Bytes current, AttestRequest request) {
    if (!rules.equals(current)) {
      return Optional.of(
          AttestationFindings.offsetStale(
              "the rules of the last attestation",
              "other rules: every entry is to be judged anew"));
    }
    try {
      long found = TpmAttest.parse(request.quote().toArray()).clock().restartCount();
      return found == restartCount
          ? Optional.empty()
          : Optional.of(
              AttestationFindings.offsetStale(
                  "restart count " + restartCount, "restart count " + found));
    } catch (MalformedException e) {
      // The verifier names what is wrong with a quote that does not read.
      return Optional.empty();
    }
  }

  void write(ByteWriter out) {
    out.bytes(rules).u64(resetCount).u64(restartCount).u64(entries).bytes(pcr10);
  }

  static ImaOffset read(ByteReader in) throws MalformedException {
    return new ImaOffset(
        Bytes.of(in.bytes(DIGEST_SIZE, "rules")),
        in.u64("resetCount"),
        in.u64("restartCount"),
        in.u64("entries"),
        Bytes.of(in.bytes(DIGEST_SIZE, "pcr10")));
  }
}
