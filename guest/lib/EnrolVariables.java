import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.LocalDateTime;
import org.shieldwall.disk.uefi.Pcr7Prediction;
import org.shieldwall.disk.uefi.SecureBootPolicy;
import org.shieldwall.disk.uefi.UefiVariableStore;
import org.shieldwall.tpm.TpmHash;

/** Writes a variable store with one Secure Boot certificate enrolled; prints the PCR 7 that follows. */
class EnrolVariables {
  public static void main(String[] arguments) throws Exception {
    X509Certificate certificate;
    try (var in = Files.newInputStream(Path.of(arguments[0]))) {
      certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
    SecureBootPolicy policy = SecureBootPolicy.onlySignedBy(certificate);
    UefiVariableStore empty =
        UefiVariableStore.parse(Files.readAllBytes(Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd")));
    LocalDateTime written = LocalDateTime.of(2026, 1, 1, 0, 0);
    Files.write(Path.of(arguments[1]), policy.enrolInto(empty, written).toBytes());
    System.out.println(Pcr7Prediction.of(policy).value(TpmHash.SHA256).hex());
  }
}
