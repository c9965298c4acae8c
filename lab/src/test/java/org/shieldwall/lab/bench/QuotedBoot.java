package org.shieldwall.lab.bench;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.evidence.AttestationPolicy;
import org.shieldwall.evidence.Challenge;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.CodeIntegrityRules;
import org.shieldwall.evidence.ImaPolicy;
import org.shieldwall.evidence.UntrustedEvidence;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/** A whole boot with a key that quotes whatever it is given, for the fuzz targets. */
public final class QuotedBoot {
  private static final int ENTRIES = 20;
  private static final Bytes ENCLAVE = Bytes.zeros(32);

  private final SoftTpm tpm = SoftTpm.make(false);
  private final BenchEvidence made;
  private final AttestationPolicy usual;
  private final AttestationPolicy strict;

  public QuotedBoot() {
    try {
      made = BenchEvidence.of(ENTRIES);
    } catch (IOException | MalformedException e) {
      throw new IllegalStateException(e);
    }
    AttestationPolicy boot =
        AttestationPolicy.standard("fuzz", 1, List.of(made.baseline()))
            .with(Set.of(Check.CODE_INTEGRITY));
    usual =
        boot.with(
            boot.settings()
                .withCodeIntegrity(CodeIntegrityRules.of(ImaPolicy.strict(made.allowed()))));
    strict = usual.with(Set.of(Check.values()));
  }

  /** {@return a policy that this boot keeps to} */
  public AttestationPolicy usual() {
    return usual;
  }

  /** {@return a policy that makes every check there is} */
  public AttestationPolicy strict() {
    return strict;
  }

  public Bytes log() {
    return made.log();
  }

  public Bytes ima() {
    return made.ima();
  }

  /** {@return the values that log and list lead to, and the enclave's} */
  public SortedMap<Integer, Bytes> pcrs() {
    SortedMap<Integer, Bytes> pcrs = new TreeMap<>(made.pcrs());
    pcrs.put(AttestationPolicy.ENCLAVE_PCR, TpmHash.SHA256.extend(Bytes.zeros(32), ENCLAVE));
    return pcrs;
  }

  public Challenge challenge() {
    return new Challenge(Optional.of("host"), Bytes.ofText("nonce"), ENCLAVE);
  }

  /** {@return evidence that the key vouches for: these PCRs, and with them what leads there} */
  public UntrustedEvidence quoted(
      SortedMap<Integer, Bytes> pcrs, Bytes log, Bytes ima, Optional<String> commandLine) {
    SoftTpm.Quote quote = tpm.quote(challenge().extraData(), pcrs);
    return new UntrustedEvidence(
        quote.attest(),
        quote.signature(),
        tpm.ak(),
        PcrValues.of(TpmHash.SHA256, pcrs),
        Optional.of(log),
        Optional.of(ima),
        commandLine);
  }
}
