/** Sealed documents: guardians, key protectors, shielding data, volume signature catalogs. */
module org.shieldwall.protector {
  requires static transitive org.jspecify;
  requires transitive tools.jackson.databind;

  exports org.shieldwall.protector;
  exports org.shieldwall.protector.secret;
  exports org.shieldwall.protector.state;
}
