package org.shieldwall.lab.attack;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** All attacks, in an order in which the stage can stand still for each. */
final class Suite {
  private final Stage stage;
  private final boolean quick;
  private final Pattern only;

  Suite(Stage stage, boolean quick, String only) {
    this.stage = stage;
    this.quick = quick;
    this.only = Pattern.compile(only);
  }

  /** How the victim is when an act begins. */
  private enum Victim {
    STOPPED,
    RUNNING
  }

  /** Attacks that are played one after the other. */
  private record Act(Victim victim, boolean needsBoots, List<Attack> attacks) {
    static Act quick(Victim victim, List<Attack> attacks) {
      return new Act(victim, false, attacks);
    }

    static Act full(Victim victim, List<Attack> attacks) {
      return new Act(victim, true, attacks);
    }
  }

  private List<Act> acts(ServiceAttacks service) {
    MessageAttacks messages = new MessageAttacks(stage);
    return List.of(
        Act.quick(Victim.STOPPED, new TemplateAttacks(stage).quick()),
        Act.quick(Victim.STOPPED, new ShieldingDataAttacks(stage).quick()),
        Act.full(Victim.STOPPED, new TemplateAttacks(stage).full()),
        Act.quick(Victim.RUNNING, new EnclaveMemoryAttacks(stage).quick()),
        Act.quick(Victim.RUNNING, new WorkerAttacks(stage).quick()),
        Act.quick(Victim.RUNNING, new GuestMemoryAttacks(stage).quick()),
        Act.quick(Victim.RUNNING, messages.quick()),
        Act.quick(Victim.RUNNING, new ConsoleAttacks(stage).quick()),
        Act.full(Victim.RUNNING, new EnclaveMemoryAttacks(stage).full()),
        Act.quick(Victim.RUNNING, new CoreAttacks(stage).quick()),
        Act.quick(Victim.STOPPED, new StorageAttacks(stage, "web").quick()),
        Act.quick(Victim.STOPPED, new StorageAttacks(stage, Stage.OPEN_VM).ofEveryClass()),
        Act.quick(Victim.STOPPED, messages.definitions(Stage.OPEN_VM, "open-definition-")),
        Act.quick(Victim.STOPPED, new DocumentAttacks(stage).quick()),
        Act.quick(Victim.STOPPED, new StartAttacks(stage).quick()),
        Act.quick(Victim.STOPPED, new AgentAttacks(stage).quick()),
        Act.full(Victim.STOPPED, new GuestBootAttacks(stage).full()),
        Act.quick(Victim.STOPPED, new LeaseAttacks(stage, service).quick()),
        Act.quick(Victim.STOPPED, new PlacementAttacks(stage, service).quick()),
        Act.quick(Victim.STOPPED, new CertificateAttacks(stage, service).quick()),
        Act.quick(Victim.STOPPED, service.quick()),
        Act.quick(Victim.STOPPED, new TransportAttacks(stage).quick()),
        Act.quick(Victim.STOPPED, new SearchAttacks(stage).quick()));
  }

  /** {@return the name of every attack} Nothing is played. */
  static List<String> names(Stage stage) {
    List<String> names = new ArrayList<>();
    try (ServiceAttacks service = new ServiceAttacks(stage)) {
      for (Act act : new Suite(stage, false, "").acts(service)) {
        act.attacks().forEach(attack -> names.add(attack.name()));
      }
    }
    return List.copyOf(names);
  }

  void play(Report report) throws Exception {
    try (ServiceAttacks service = new ServiceAttacks(stage)) {
      stage.makeOpenVm();
      for (Act act : acts(service)) {
        List<Attack> attacks =
            act.needsBoots() && quick
                ? List.of()
                : act.attacks().stream().filter(each -> only.matcher(each.name()).find()).toList();
        if (!attacks.isEmpty()) {
          prepare(act.victim());
          attacks.forEach(attack -> play(report, attack));
        }
      }
    }
  }

  private void prepare(Victim victim) {
    switch (victim) {
      case RUNNING -> stage.startVm();
      case STOPPED -> stage.stopVm();
    }
  }

  private static void play(Report report, Attack attack) {
    long began = System.nanoTime();
    Outcome outcome = attack.outcome();
    report.add(attack, outcome, (System.nanoTime() - began) / 1e9);
  }
}
