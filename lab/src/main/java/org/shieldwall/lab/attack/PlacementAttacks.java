package org.shieldwall.lab.attack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.shieldwall.cli.demo.GuardedHost;
import org.shieldwall.cli.demo.Trees;

/** A VM on a healthy host of the same fabric, which its owner has not granted. */
final class PlacementAttacks {
  private static final String NAME = "bound";

  private final Stage stage;
  private final ServiceAttacks others;

  PlacementAttacks(Stage stage, ServiceAttacks others) {
    this.stage = stage;
    this.others = others;
  }

  List<Attack> quick() {
    return List.of(
        attack(
            "copied-to-host-not-granted",
            "copy a VM, whose owner names another host, to an attested host and start it there",
            List.of("--require-host", "demo-host"),
            "owner-host"),
        attack(
            "copied-from-its-first-host",
            "copy a VM, whose owner binds it to its first machine, to another attested host",
            List.of("--bind-host"),
            "owner-bound-host"));
  }

  private Attack attack(String name, String tried, List<String> policy, String code) {
    return new Attack(
        name,
        Attacker.A3,
        "P4",
        "the other host is attested; the VM starts on the host that the owner grants",
        tried,
        () -> play(policy, code));
  }

  private Outcome play(List<String> policy, String code) throws Exception {
    GuardedHost other = others.other();
    stage.makeVm(NAME, data(policy));
    Path copy = other.store().resolve(NAME);
    try {
      stage.host().run("vm", "start", NAME).orFail();
      stage.host().run("vm", "stop", NAME, "--force").orFail();
      Stage.copy(stage.host().store().resolve(NAME), other, NAME);
      return Stage.startRefused(other, NAME, Set.of(code));
    } finally {
      Trees.delete(copy);
      stage.host().run("vm", "delete", NAME, "--yes").orFail();
    }
  }

  private Path data(List<String> policy) throws Exception {
    Path data = stage.demo().work.resolve("bound.shielding.json");
    Files.deleteIfExists(data);
    return stage.shieldingData(data, policy);
  }
}
