package org.shieldwall.cli.evidence;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.shieldwall.cli.CaptureFile;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.disk.uefi.EfiGuid;
import org.shieldwall.disk.uefi.Pcr7Prediction;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.Signature;
import org.shieldwall.disk.uefi.SignatureDatabase;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.MeasuredVariable;
import org.shieldwall.evidence.eventlog.UntrustedEvent;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.protocol.Capture;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/**
 * What firmware hashes into PCR 7 before it starts a boot loader, and the database that names who
 * may sign one.
 *
 * @param variables each variable's UEFI_VARIABLE_DATA, in order
 * @param allowed {@code db}
 */
record SecureBootMeasurements(List<Bytes> variables, SignatureDatabase allowed) {
  private static final int LARGEST = 16 << 20;
  private static final int SECURE_BOOT_PCR = 7;
  private static final Bytes SEPARATOR = Bytes.zeros(4);
  private static final String GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
  private static final String SECURITY = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";

  /** efivarfs puts a variable's attributes before its content. */
  private static final int ATTRIBUTES = 4;

  /** {@return what is in a variable store, a folder of databases, or a capture} */
  static SecureBootMeasurements read(Path vars) {
    try {
      if (Files.isDirectory(vars)) {
        return of(
            new SecureBootPolicy(
                database(vars, "PK", GLOBAL, true),
                database(vars, "KEK", GLOBAL, true),
                database(vars, "db", SECURITY, true),
                database(vars, "dbx", SECURITY, false)));
      }
      Optional<Capture> capture = CaptureFile.in(vars);
      if (capture.isPresent()) {
        return logged(capture.get().eventLog());
      }
      return of(
          SecureBootPolicy.enrolledIn(UefiVariableStore.parse(InputFile.read(vars, LARGEST))));
    } catch (MalformedException problem) {
      throw EvidenceFiles.malformed(vars, problem);
    }
  }

  private static SecureBootMeasurements of(SecureBootPolicy policy) {
    if (policy.allowed().signatures().isEmpty() || policy.platformKey().lists().isEmpty()) {
      throw new Failure(
          "no Secure Boot keys are enrolled there: PK or db is empty",
          "name the variables of a machine on which Secure Boot is on",
          Failure.REFUSED);
    }
    List<Bytes> before =
        Pcr7Prediction.of(policy, policy.allowed().signatures().getFirst()).events().stream()
            .map(Pcr7Prediction.Event::data)
            .takeWhile(data -> !data.equals(SEPARATOR))
            .toList();
    return new SecureBootMeasurements(before, policy.allowed());
  }

  /** A machine may measure more variables than the specification names: all are taken over. */
  private static SecureBootMeasurements logged(Bytes log) throws MalformedException {
    UntrustedEventLog parsed = UntrustedEventLog.parse(log.toArray(), LogLimits.DEFAULT);
    Map<Integer, MeasuredVariable> proven = new HashMap<>();
    BootFacts.draw(parsed, TpmHash.SHA256)
        .secureBootVariables()
        .forEach(each -> proven.put(each.event(), each));
    List<Bytes> variables = new ArrayList<>();
    Optional<SignatureDatabase> allowed = Optional.empty();
    for (UntrustedEvent event : parsed.events()) {
      if (event.pcr() != SECURE_BOOT_PCR || !event.extendsPcr()) {
        continue;
      }
      if (event.data().equals(SEPARATOR)) {
        break;
      }
      MeasuredVariable variable = proven.get(event.index());
      if (variable == null) {
        throw unusable("event " + event.index() + " is not a variable as it was measured");
      }
      Bytes value = variable.variable().value();
      if (variable.name().equals("SecureBoot") && !value.equals(Bytes.ofHex("01"))) {
        throw unusable("Secure Boot was off");
      }
      if (variable.name().equals("db")) {
        allowed = Optional.of(SignatureDatabase.parse(value));
      }
      variables.add(event.data());
    }
    return new SecureBootMeasurements(
        variables, allowed.orElseThrow(() -> unusable("its log measured no db")));
  }

  private static Failure unusable(String why) {
    return new Failure(
        "the capture does not say what Secure Boot will measure: " + why,
        "take one of a host on which Secure Boot is on, or name a variable store",
        Failure.REFUSED);
  }

  private static SignatureDatabase database(Path folder, String name, String vendor, boolean needed)
      throws MalformedException {
    Path efivar = folder.resolve(name + "-" + vendor);
    if (Files.exists(efivar)) {
      Bytes content = Bytes.of(InputFile.read(efivar, LARGEST));
      return SignatureDatabase.parse(
          content.slice(Math.min(ATTRIBUTES, content.length()), content.length()));
    }
    Optional<Path> plain =
        Stream.of(name, name + ".esl").map(folder::resolve).filter(Files::exists).findFirst();
    if (plain.isPresent()) {
      return SignatureDatabase.parse(Bytes.of(InputFile.read(plain.get(), LARGEST)));
    }
    if (needed) {
      throw new Failure(
          folder + " holds no " + name,
          "it needs PK, KEK and db, and dbx if there is one: signature lists named so, or as in"
              + " /sys/firmware/efi/efivars",
          Failure.MALFORMED);
    }
    return SignatureDatabase.empty();
  }

  /** {@return certificates in db, in its order} */
  List<Signature> certificates() {
    return allowed.lists().stream()
        .filter(list -> list.type().equals(EfiGuid.CERT_X509))
        .flatMap(list -> list.signatures().stream())
        .toList();
  }

  /** {@return all that is measured until the image starts that {@code authority} vouches for} */
  List<Bytes> until(Signature authority) {
    SecureBootPolicy any =
        new SecureBootPolicy(
            SignatureDatabase.empty(),
            SignatureDatabase.empty(),
            allowed,
            SignatureDatabase.empty());
    List<Bytes> all = new ArrayList<>(variables);
    all.add(SEPARATOR);
    all.add(Pcr7Prediction.of(any, authority).events().getLast().data());
    return all;
  }
}
