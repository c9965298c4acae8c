package org.shieldwall.lab.attack;

/** Who attacks (docs/threat-model.md, "Who attacks"). */
enum Attacker {
  A1("storage or backup administrator"),
  A2("network administrator"),
  A3("root on a guarded host"),
  A4("administrator with a host of his own"),
  A5("administrator of the service"),
  A6("another tenant"),
  A7("malicious input");

  private final String words;

  Attacker(String words) {
    this.words = words;
  }

  /** {@return who that is} */
  String words() {
    return words;
  }
}
