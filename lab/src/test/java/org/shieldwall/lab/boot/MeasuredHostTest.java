package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.command.Tpm;

/** Hosts that booted in QEMU, and what the verifier makes of each. */
@Tag("boot")
class MeasuredHostTest {
  @BeforeAll
  static void bootAll() throws Exception {
    long t = System.nanoTime();
    RealBoots.all(HostVariant.values());
    System.out.println("boots " + (System.nanoTime() - t) / 1e9);
  }

  @Test
  void givenABootedHostThenItsTpmGoesOnWithThePcrsItsKernelRead() throws Exception {
    for (HostVariant v : HostVariant.values()) {
      BootedHost booted = RealBoots.of(v);
      System.out.println(booted + booted.commandLine() + booted.imaList().length());
      try (RunningHost running = RunningHost.of(booted);
          Tpm tpm = running.tpm()) {
        assertThat(
                tpm.pcrs()
                    .read(
                        PcrSelection.of(
                            TpmHash.SHA256, java.util.stream.IntStream.range(0, 16).toArray())))
            .isEqualTo(booted.pcrs());
      }
    }
  }
}
