package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.shieldwall.evidence.BootBaseline;
import org.shieldwall.evidence.CaptureLevel;
import org.shieldwall.evidence.FactName;
import org.shieldwall.evidence.eventlog.BootFacts;
import org.shieldwall.evidence.eventlog.LogLimits;
import org.shieldwall.evidence.eventlog.UntrustedEventLog;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;

/**
 * The boots that other modules' tests play, kept in lab/boots, are boots of the hosts that are
 * booted here: the same variants, told the same. With {@code -Dshieldwall.boots.record=true} they
 * are written anew, which is to be done when a host is told something else.
 */
@Tag("boot")
class KeptBootsTest {
  private static final Path KEPT = Path.of(System.getProperty("shieldwall.root"), "lab/boots");

  @BeforeAll
  static void bootAll() throws Exception {
    RealBoots.all(HostVariant.values());
    if (Boolean.getBoolean("shieldwall.boots.record")) {
      for (HostVariant each : HostVariant.values()) {
        Files.write(file(each), RealBoots.of(each).record().toArray());
      }
    }
  }

  private static Path file(HostVariant variant) {
    return KEPT.resolve(variant.label() + ".boot");
  }

  private static List<Integer> shape(BootedHost booted) throws Exception {
    BootBaseline all = BootBaseline.capture("all", facts(booted), CaptureLevel.EVERYTHING);
    return Stream.of(FactName.values()).map(each -> all.facts().get(each).size()).toList();
  }

  private static BootFacts facts(BootedHost booted) throws Exception {
    return BootFacts.draw(
        UntrustedEventLog.parse(booted.eventLog().toArray(), LogLimits.DEFAULT), TpmHash.SHA256);
  }

  @ParameterizedTest
  @EnumSource(HostVariant.class)
  void givenAKeptBootThenItIsOneOfTheHostThatBootsHere(HostVariant variant) throws Exception {
    Bytes bytes = Bytes.of(Files.readAllBytes(file(variant)));
    BootedHost now = RealBoots.of(variant);
    Path folder = Files.createTempDirectory("kept");
    try {
      Files.write(folder.resolve("log.img"), bytes.toArray());
      BootedHost kept = new BootedHost(variant, folder);
      String words = "build the boots anew: -Dshieldwall.boots.record=true";
      assertThat(kept.commandLine()).as(words).isEqualTo(now.commandLine());
      assertThat(shape(kept)).as(words).isEqualTo(shape(now));
      assertThat(facts(kept).secureBoot()).as(words).isEqualTo(facts(now).secureBoot());
      assertThat(kept.record()).as("nothing else is kept").isEqualTo(bytes);
    } finally {
      Files.delete(folder.resolve("log.img"));
      Files.delete(folder);
    }
  }
}
