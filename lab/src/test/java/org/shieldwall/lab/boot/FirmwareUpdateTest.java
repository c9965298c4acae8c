package org.shieldwall.lab.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.evidence.FactDifference;
import org.shieldwall.evidence.FactName;
import org.shieldwall.hgs.HgsException;
import org.shieldwall.hgs.admin.Pending;

/**
 * The days on which an update changes what hosts boot, as the service's administrator lives them.
 */
@Tag("boot")
class FirmwareUpdateTest {
  @TempDir Path folder;

  @Test
  void givenAnUpdateWhenItIsApprovedThenOldAndNewAreHealthyAndNobodyWasLockedOut()
      throws Exception {
    RealBoots.all(HostVariant.STANDARD, HostVariant.UPDATED, HostVariant.OTHER_COMMAND_LINE);
    try (Rack rack = Rack.in(folder)) {
      Rack.Host host = rack.register("rack1", HostVariant.STANDARD);
      rack.hgs("baseline", "add", host.eventLog(), "--name", "rack1-boot", "--yes").orFail();
      assertThat(host.healthy().baselines()).containsExactly("rack1-boot");
      assertThat(pending(rack)).isEmpty();

      host.boot(HostVariant.UPDATED);
      assertThat(host.refused()).containsExactly("boot-baseline-mismatch");

      List<Pending> waiting = pending(rack);
      assertThat(waiting.stream().map(each -> each.host().name())).containsExactly("rack1");
      assertThat(waiting.getFirst().beside()).isEmpty();
      // The image and its initrd, and nothing that stayed the same.
      assertThat(waiting.getFirst().difference().stream().map(FactDifference::describe))
          .hasSize(2)
          .anyMatch(each -> each.contains("the images booted"))
          .anyMatch(each -> each.contains("initial RAM disks"));
      Pending.Approved approved =
          rack.administer(each ->
              each.pending()
                  .approve("rack1", Optional.of("rack1-new"), Optional.of(Duration.ofDays(14))));
      assertThat(approved.healthy()).contains("rack1");
      assertThat(approved.expires()).isPresent();

      assertThat(host.healthy().baselines()).containsExactly("rack1-new");
      assertThat(pending(rack)).isEmpty();
      host.boot(HostVariant.STANDARD);
      assertThat(host.healthy().baselines()).containsExactly("rack1-boot");

      host.boot(HostVariant.OTHER_COMMAND_LINE);
      assertThat(host.refused()).containsExactly("boot-baseline-mismatch");
    }
  }

  private static final String EXACT =
      """
      name = "default"
      version = 2
      [checks.boot-baseline]
      enabled = true
      any-of = ["rack2-all"]
      """;

  /** The image is the one it was; firmware, an option ROM and dbx are not. */
  @Test
  void givenNewFirmwareWhenItIsApprovedThenOldAndNewAreHealthyWhereFirmwareCounts()
      throws Exception {
    RealBoots.all(HostVariant.NEIGHBOUR, HostVariant.NEW_FIRMWARE, HostVariant.LOCKDOWN_INTEGRITY);
    try (Rack rack = Rack.in(folder)) {
      Rack.Host host = rack.register("rack2", HostVariant.NEIGHBOUR);
      rack.hgs(
              "baseline",
              "add",
              host.eventLog(),
              "--name",
              "rack2-all",
              "--level",
              "everything",
              "--yes")
          .orFail();
      rack.policy("default", EXACT);
      assertThat(host.healthy().baselines()).containsExactly("rack2-all");

      host.boot(HostVariant.NEW_FIRMWARE);
      assertThat(host.refused()).containsExactly("boot-baseline-mismatch");

      List<Pending> waiting = pending(rack);
      assertThat(waiting.stream().map(each -> each.host().name())).containsExactly("rack2");
      assertThat(waiting.getFirst().beside()).isEmpty();
      assertThat(waiting.getFirst().difference().stream().map(FactDifference::fact))
          .contains(FactName.FIRMWARE, FactName.DRIVERS, FactName.FORBIDDEN_SIGNATURES)
          .doesNotContain(FactName.BOOT_APPLICATIONS, FactName.LOADED_FILES);
      Pending.Approved approved =
          rack.administer(each ->
              each.pending()
                  .approve("rack2", Optional.of("rack2-new"), Optional.of(Duration.ofDays(14))));
      assertThat(approved.succeeds()).contains("rack2-all");
      assertThat(approved.healthy()).contains("rack2");

      assertThat(host.healthy().baselines()).containsExactly("rack2-new");
      assertThat(pending(rack)).isEmpty();
      host.boot(HostVariant.NEIGHBOUR);
      assertThat(host.healthy().baselines()).containsExactly("rack2-all");

      host.boot(HostVariant.LOCKDOWN_INTEGRITY); // The new firmware, and another image.
      assertThat(host.refused()).containsExactly("boot-baseline-mismatch");
    }
  }

  private static List<Pending> pending(Rack rack) throws HgsException {
    return rack.administer(each -> each.pending().list(false));
  }
}
