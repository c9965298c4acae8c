/** Evidence of a host's boot, and the verdict on it. Uses {@code tpm} alone. */
module org.shieldwall.evidence {
  requires static org.jspecify;
  requires transitive org.shieldwall.tpm;

  exports org.shieldwall.evidence;
  exports org.shieldwall.evidence.eventlog;
  exports org.shieldwall.evidence.ima;
  exports org.shieldwall.evidence.predict;
  exports org.shieldwall.evidence.quote;
  exports org.shieldwall.evidence.x509;
}
