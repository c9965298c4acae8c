package org.shieldwall.host.agent;

import java.util.Locale;

/** Why the agent attests. */
enum AttestationCause {
  START("the agent started"),
  HALF_LIFE("the certificate comes to half of its life"),
  ASKED("somebody asked"),
  RETRY("the last attempt did not succeed"),
  FILES_MEASURED("the kernel has measured more files"),
  PCR_CHANGED("a PCR of the TPM has changed"),
  TPM_RESTARTED("the TPM was reset or resumed"),
  RESUMED("the machine slept"),
  CERTIFICATE_REFUSED("the key protection service refused the certificate");

  private final String why;

  AttestationCause(String why) {
    this.why = why;
  }

  /** {@return the name in JSON} */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return the same in words} */
  String why() {
    return why;
  }
}
