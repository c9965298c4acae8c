package org.shieldwall.tpm.command;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PcrSelection.Bank;
import org.shieldwall.tpm.PcrValues;
import org.shieldwall.tpm.TpmHash;

/** Platform configuration registers. */
public final class Pcrs {
  private final TpmEngine engine;

  Pcrs(TpmEngine engine) {
    this.engine = engine;
  }

  /** One TPM2_PCR_Read: what the TPM chose to return of what was asked, and its update counter. */
  private record Part(long updates, PcrSelection selection, List<Bytes> digests) {}

  /**
   * {@return the values of the selected PCRs} TPM2_PCR_Read returns eight at a time; if another
   * program extends a PCR in between, reading starts again, so that the values belong together.
   * PCRs of a bank that is switched off are left out.
   */
  public PcrValues read(PcrSelection selection) throws TpmException {
    for (int attempt = 0; attempt < 5; attempt++) {
      Map<TpmHash, SortedMap<Integer, Bytes>> values = new EnumMap<>(TpmHash.class);
      if (readOnce(selection, values)) {
        return new PcrValues(values);
      }
    }
    throw new TpmUnusableException(TpmCommand.PCR_READ, "PCRs change faster than they can be read");
  }

  private boolean readOnce(PcrSelection selection, Map<TpmHash, SortedMap<Integer, Bytes>> values)
      throws TpmException {
    long updates = -1;
    PcrSelection left = selection;
    while (!left.isEmpty()) {
      Part part =
          engine.execute(Request.of(TpmCommand.PCR_READ).bytes(left.marshal()), Pcrs::readPart);
      if (updates >= 0 && part.updates() != updates) {
        return false;
      }
      updates = part.updates();
      if (part.digests().isEmpty()) {
        break;
      }
      store(part, values);
      left = without(left, part.selection());
    }
    return true;
  }

  private static Part readPart(ByteReader in) throws MalformedException {
    long updates = in.u32("pcrUpdateCounter");
    PcrSelection selection = PcrSelection.read(in);
    long count = in.u32("pcrValues.count");
    long selected = selection.banks().stream().mapToLong(each -> each.pcrs().size()).sum();
    if (count != selected) {
      throw in.malformed(selected + " values", count + " values");
    }
    List<Bytes> digests = new ArrayList<>();
    for (Bank bank : selection.banks()) {
      for (int pcr : bank.pcrs()) {
        Bytes value = in.sized("PCR " + pcr);
        if (value.length() != bank.hash().size()) {
          throw in.malformed(bank.hash().size() + " bytes", value.length() + " bytes");
        }
        digests.add(value);
      }
    }
    return new Part(updates, selection, digests);
  }

  private static void store(Part part, Map<TpmHash, SortedMap<Integer, Bytes>> values) {
    int next = 0;
    for (Bank bank : part.selection().banks()) {
      for (int pcr : bank.pcrs()) {
        values
            .computeIfAbsent(bank.hash(), hash -> new TreeMap<>())
            .put(pcr, part.digests().get(next++));
      }
    }
  }

  private static PcrSelection without(PcrSelection from, PcrSelection taken) {
    List<Bank> left = new ArrayList<>();
    for (Bank bank : from.banks()) {
      int mask = taken.bank(bank.hash()).map(Bank::mask).orElse(0);
      left.add(new Bank(bank.hash(), bank.size(), bank.mask() & ~mask));
    }
    return new PcrSelection(left);
  }

  /**
   * Extends one PCR in several banks at once.
   *
   * @param digests by bank; PCR n of bank b becomes {@code b(PCR n || digest)}
   */
  public void extend(int pcr, Map<TpmHash, Bytes> digests) throws TpmException {
    ByteWriter values = new ByteWriter().u32(digests.size());
    digests.forEach((hash, digest) -> {
      if (digest.length() != hash.size()) {
        throw new IllegalArgumentException(digest.length() + " bytes for " + hash);
      }
      values.u16(hash.id()).bytes(digest);
    });
    engine.execute(
        Request.of(TpmCommand.PCR_EXTEND)
            .authorized(new PcrHandle(pcr), Authorization.none())
            .bytes(values.toBytes()));
  }

  /**
   * Leaves one bank in use, from the TPM's next power-on. For a new virtual TPM, whose platform has
   * set no authorization yet: what is measured is then hashed once and not once for each bank.
   */
  public void keepOnly(TpmHash bank) throws TpmException {
    List<Bank> wanted = new ArrayList<>();
    if (new Capabilities(engine).pcrs().bank(bank).filter(one -> one.mask() != 0).isEmpty()) {
      throw new IllegalArgumentException("the TPM has no bank " + bank.label() + " in use");
    }
    for (Bank each : new Capabilities(engine).pcrs().banks()) {
      int all = (1 << 24) - 1;
      wanted.add(new Bank(each.hash(), 3, each.hash() == bank ? all : 0));
    }
    engine.execute(
        Request.of(TpmCommand.PCR_ALLOCATE)
            .authorized(Hierarchy.PLATFORM, Authorization.none())
            .bytes(new PcrSelection(wanted).marshal()),
        in -> {
          int success = in.u8("allocationSuccess");
          in.bytes(12, "maxPCR, sizeNeeded, sizeAvailable");
          if (success != 1) {
            throw in.malformed("allocationSuccess 1: fewer banks take less room", "" + success);
          }
          return true;
        });
  }
}
