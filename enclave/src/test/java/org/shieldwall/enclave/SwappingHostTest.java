package org.shieldwall.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.shieldwall.enclave.message.Request;
import org.shieldwall.enclave.posix.ThisProcess;

/** A host begins to swap while a VM runs, and stops again. */
@Timeout(400)
class SwappingHostTest {
  private static final String NONE = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

  @TempDir Path folder;

  @Test
  void givenARunningVmWhenTheHostBeginsToSwapThenItWaitsAndNoOtherStartsUntilItStops()
      throws Exception {
    assumeTrue(ThisProcess.uid() == 0, "SKIPPED: needs root to show an enclave other swaps");
    Path areas =
        Files.writeString(folder.resolve("swaps"), NONE + "/dev/sda2 partition 1048572 0 -2\n");
    try (TestVm vm = new TestVm(folder, "#!/bin/sh\n", true)) {
      vm.provision();
      int _ = vm.start();
      assertThat(vm.state()).isEqualTo("running");

      vm.host().swaps(areas);

      vm.awaitState("paused");
      assertThat(vm.status().reason().orElseThrow()).contains("this host swaps", "swapoff -a");
      assertThat(vm.startCode(Request.Saved.USE)).isEqualTo("host-swaps");

      vm.host().swapsNoMore();

      vm.awaitState("running");
      assertThat(vm.status().reason()).isEmpty();
    }
  }
}
