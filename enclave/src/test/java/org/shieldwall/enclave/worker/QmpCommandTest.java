package org.shieldwall.enclave.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.shieldwall.enclave.posix.Descriptor;

/** What is said to QEMU, word for word: a change of it is a change of what the enclave can do. */
class QmpCommandTest {
  @Test
  void whateverIsEverSaidToAMonitorIsThis() {
    assertThat(Stream.of(QmpCommand.values()).map(each -> each.text() + " " + each.arguments()))
        .containsExactly(
            "qmp_capabilities {}",
            "query-status {}",
            "cont {}",
            "stop {}",
            "system_powerdown {}",
            "system_reset {}",
            "quit {}",
            "query-migrate {}",
            "migrate-set-parameters {\"max-bandwidth\":17179869184}",
            "getfd {\"fdname\":\"state\"}",
            "migrate {\"uri\":\"fd:state\"}",
            "migrate_cancel {}",
            "migrate-incoming {\"uri\":\"fd:state\"}",
            "getfd {\"fdname\":\"viewer\"}",
            "add_client {\"protocol\":\"vnc\",\"fdname\":\"viewer\",\"skipauth\":true}");
  }

  @Test
  void whateverQemuIsStartedWithConfinesIt() {
    List<String> command =
        new WorkerPlan(
                "test",
                Accelerator.TCG,
                1,
                256,
                Descriptor.inherited(0),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                false)
            .launch(Descriptor.inherited(0), Optional.empty())
            .command();
    assertThat(String.join(" ", command))
        .contains("--unshare-all --unshare-user --disable-userns --die-with-parent --new-session")
        .contains("--cap-drop ALL --clearenv")
        .contains("-nodefaults -no-user-config")
        .contains(
            "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny ")
        .contains("usb=off", "mem-merge=off", "dump-guest-core=off")
        .doesNotContain("-balloon", "virtio-balloon", "-gdb", "-fw_cfg", "vsock", "vfio", "9p");
  }
}
