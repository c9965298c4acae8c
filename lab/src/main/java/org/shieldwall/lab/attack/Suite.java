package org.shieldwall.lab.attack;

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

  void play(Report report) {
    all(report, new TemplateAttacks(stage).quick());
    if (!quick) {
      all(report, new TemplateAttacks(stage).full());
    }
    stage.startVm();
    all(report, new EnclaveMemoryAttacks(stage).quick());
    all(report, new WorkerAttacks(stage).quick());
    all(report, new MessageAttacks(stage).quick());
    all(report, new ConsoleAttacks(stage).quick());
    if (!quick) {
      all(report, new EnclaveMemoryAttacks(stage).full());
    }
    stage.stopVm();
    all(report, new StorageAttacks(stage).quick());
    all(report, new DocumentAttacks(stage).quick());
    all(report, new StartAttacks(stage).quick());
    if (!quick) {
      all(report, new GuestBootAttacks(stage).full());
    }
    try (ServiceAttacks service = new ServiceAttacks(stage)) {
      all(report, new LeaseAttacks(stage, service).quick());
      all(report, service.quick());
      all(report, new SearchAttacks(stage).quick());
    }
  }

  private void all(Report report, List<Attack> attacks) {
    for (Attack attack : attacks) {
      if (only.matcher(attack.name()).find()) {
        long began = System.nanoTime();
        Outcome outcome = attack.outcome();
        report.add(attack, outcome, (System.nanoTime() - began) / 1e9);
      }
    }
  }
}
