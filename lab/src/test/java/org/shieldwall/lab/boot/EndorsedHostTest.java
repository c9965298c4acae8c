package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.cli.demo.Command;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.admin.TrustAdministration.Maker;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.TpmKey;
import org.shieldwall.tpm.command.Authorization;
import org.shieldwall.tpm.command.Hierarchy;
import org.shieldwall.tpm.command.Tpm;
import org.shieldwall.tpm.command.TpmObject;

/** Hosts that booted, in a service that asks for the word of their TPMs' maker. */
@Tag("boot")
class EndorsedHostTest {
  /** NV index of the P-256 EK's certificate (TCG EK Credential Profile 2.5, section 2.2.1.4). */
  private static final int NV_EK_ECC = 0x01C0000A;

  @TempDir Path folder;

  /** Trusts these makers, and takes no TPM without a certificate. */
  private static void require(Rack rack, Path makers) {
    rack.hgs("trust", "add", makers, "--yes").orFail();
    rack.hgs("trust", "require", "certificate", "--yes").orFail();
  }

  private static void accept(Rack rack, Rack.Host host) {
    rack.hgs("baseline", "add", host.eventLog(), "--name", "rack", "--yes").orFail();
  }

  @Test
  void givenTheMakerOfTheHostsTpmIsTrustedThenItAttestsUntilThatEnds() throws Exception {
    Path makers = RealBoots.parts().resolve("ca");
    try (Rack rack = Rack.in(folder)) {
      require(rack, makers);
      Rack.Host host = rack.register("rack1", HostVariant.STANDARD);
      accept(rack, host);
      assertThat(host.healthy().baselines()).containsExactly("rack");
      assertThat(rack.hgs("host", "show", "rack1").orFail().output().toString())
          .contains("swtpm-localca-rootca");

      trustNobody(rack);
      assertThat(host.refused()).containsExactly("ek-certificate-untrusted");
      require(rack, makers);
      assertThat(host.healthy().baselines()).containsExactly("rack");
    }
  }

  private static void trustNobody(Rack rack) throws HgsException {
    for (Maker each : rack.administer(admin -> admin.trust().list())) {
      rack.administer(admin -> admin.trust().remove(each.certificate().sha256().hex()));
    }
  }

  @Test
  void givenACertificateForTheEllipticCurveKeyThenTheHostIsKnownByThatKey() throws Exception {
    EllipticMaker maker = EllipticMaker.in(folder.resolve("maker"));
    try (Rack rack = Rack.in(folder)) {
      Rack.Host host = rack.host("rack1", HostVariant.STANDARD);
      Rack.Host other = rack.host("rack2", HostVariant.NEIGHBOUR);
      Bytes certificate = endorse(maker, host);
      require(rack, maker.certificates());
      accept(rack, host);

      rack.add(host).orFail();
      assertThat(host.healthy().baselines()).containsExactly("rack");
      assertThat(rack.hgs("host", "show", "rack1").orFail().output().toString())
          .contains("swtpm-localca-rootca");

      // Another TPM that holds this one's certificate.
      store(other, certificate);
      Command.Result refused = rack.add(other);
      assertThat(refused.exitCode()).isNotZero();
      assertThat(Command.Result.message(refused.output())).contains("for another key");
      trustNobody(rack);
      assertThat(host.refused()).containsExactly("ek-certificate-untrusted");
    }
  }

  /** What a maker does in the factory: certifies the TPM's own key, and leaves the certificate. */
  private static Bytes endorse(EllipticMaker maker, Rack.Host host) throws Exception {
    TpmKey.Ecc key;
    try (Tpm tpm = host.running().tpm();
        TpmObject ek =
            tpm.keys().createPrimary(Hierarchy.ENDORSEMENT, KeyTemplates.endorsementEccP256())) {
      key = (TpmKey.Ecc) ek.area().key();
    }
    Bytes certificate = maker.certify(key);
    store(host, certificate);
    return certificate;
  }

  private static void store(Rack.Host host, Bytes certificate) throws Exception {
    try (Tpm tpm = host.running().tpm()) {
      tpm.nv().store(NV_EK_ECC, certificate, Authorization.none());
    }
  }

  /** A maker whose authority is swtpm's, and whose TPMs have a certificate for a P-256 key. */
  private record EllipticMaker(Path folder) {
    static EllipticMaker in(Path folder) throws Exception {
      RealBoots.parts(); // Names the package of swtpm's tools where it is missing.
      Files.createDirectories(folder.resolve("ca"));
      Files.writeString(
          folder.resolve("localca.conf"),
          """
          statedir = %1$s
          signingkey = %1$s/signkey.pem
          issuercert = %1$s/issuercert.pem
          certserial = %1$s/certserial
          """
              .formatted(folder.resolve("ca")));
      Files.writeString(folder.resolve("options.conf"), "--platform-manufacturer Shieldwall\n");
      return new EllipticMaker(folder);
    }

    Bytes certify(TpmKey.Ecc key) throws Exception {
      String point = "x=%s,y=%s,id=secp256r1".formatted(key.x().hex(), key.y().hex());
      Path said = folder.resolve("localca.log");
      Process process =
          new ProcessBuilder(
                  List.of(
                      "/usr/bin/swtpm_localca",
                      "--type",
                      "ek",
                      "--ek",
                      point,
                      "--dir",
                      folder.toString(),
                      "--vmid",
                      "rack1",
                      "--tpm2",
                      "--configfile",
                      folder.resolve("localca.conf").toString(),
                      "--optsfile",
                      folder.resolve("options.conf").toString(),
                      "--tpm-spec-family",
                      "2.0",
                      "--tpm-spec-level",
                      "0",
                      "--tpm-spec-revision",
                      "164",
                      "--tpm-manufacturer",
                      "id:00001014",
                      "--tpm-model",
                      "swtpm",
                      "--tpm-version",
                      "id:20191023"))
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      assertThat(process.waitFor()).as(Files.readString(said)).isZero();
      return Bytes.of(Files.readAllBytes(folder.resolve("ek.cert")));
    }

    /** {@return the folder with the root's certificate and the one that certifies TPMs} */
    Path certificates() throws Exception {
      Path out = Files.createDirectories(folder.resolve("certificates"));
      for (String each : List.of("issuercert.pem", "swtpm-localca-rootca-cert.pem")) {
        Files.copy(folder.resolve("ca").resolve(each), out.resolve(each));
      }
      return out;
    }
  }
}
