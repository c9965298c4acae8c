package org.shieldwall.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.shieldwall.cli.Failure;
import org.shieldwall.host.attest.Evidence;
import org.shieldwall.host.attest.HostTpm;
import org.shieldwall.host.attest.TpmAddress;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.TpmException;

/** Which TPM the demonstration's host has. */
public sealed interface HostsTpm {
  /**
   * This machine's own.
   *
   * @param address as {@code --tpm} takes it
   */
  record Own(String address) implements HostsTpm {
    @Override
    public String inWords() {
      return "this machine with its own TPM, " + address + ", and its own boot";
    }
  }

  /**
   * An swtpm, into which a recorded boot is played.
   *
   * @param because why not the machine's own; empty if nobody asked for that
   */
  record Played(String because) implements HostsTpm {
    @Override
    public String inWords() {
      return "this machine with an swtpm, into which a genuine OVMF boot log is played; it shows"
          + " the protocol and proves nothing about this machine"
          + (because.isEmpty() ? "" : ". Its own TPM is not used: " + because);
    }
  }

  /** The register that takes an enclave's key, once in a boot. */
  int ENCLAVE_PCR = 15;

  /** {@return what the host is} */
  String inWords();

  /**
   * {@return the TPM asked for, if it can do all that the demonstration needs of it; an swtpm
   * otherwise, with the reason}
   */
  static HostsTpm choose(Optional<String> asked) {
    if (asked.isEmpty()) {
      return new Played("");
    }
    TpmAddress address;
    try {
      address = TpmAddress.parse(asked.get());
    } catch (IllegalArgumentException wrong) {
      throw new Failure(
          String.valueOf(wrong.getMessage()), "--tpm device:/dev/tpmrm0", Failure.MALFORMED);
    }
    if (!(address instanceof TpmAddress.Device device)) {
      throw new Failure(
          asked.get() + " is not this machine's own TPM, which is what --tpm takes",
          "leave --tpm out: the demonstration has an swtpm of its own",
          Failure.MALFORMED);
    }
    Path log = Evidence.ofThisBoot().eventLog();
    return lacks(device, log).<HostsTpm>map(Played::new).orElseGet(() -> new Own(asked.get()));
  }

  /** {@return what keeps a TPM from being the host's, found by using it} */
  static Optional<String> lacks(TpmAddress tpm, Path eventLog) {
    try (HostTpm opened = HostTpm.open(tpm)) {
      Bytes enclave =
          opened
              .quote(Bytes.EMPTY, List.of(ENCLAVE_PCR))
              .values()
              .getOrDefault(ENCLAVE_PCR, Bytes.EMPTY);
      if (!enclave.equals(Bytes.zeros(TpmHash.SHA256.size()))) {
        return Optional.of(
            "PCR " + ENCLAVE_PCR + " is taken; it takes an enclave's key once in a boot: reboot");
      }
    } catch (IOException problem) {
      return Optional.of("it cannot be opened: " + problem.getMessage());
    } catch (TpmException problem) {
      return Optional.of("it does not serve: " + problem.getMessage());
    }
    return Files.isReadable(eventLog)
        ? Optional.empty()
        : Optional.of("the log of this boot cannot be read at " + eventLog);
  }
}
