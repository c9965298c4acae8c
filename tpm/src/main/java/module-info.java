/** TPM 2.0: structures, commands over a transport, names and policies. Uses the JDK alone. */
module org.shieldwall.tpm {
  requires static org.jspecify;

  exports org.shieldwall.tpm;
  exports org.shieldwall.tpm.command;
  exports org.shieldwall.tpm.swtpm;
}
