package org.shieldwall.protector;

import org.shieldwall.protector.ProtectorException.Code;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which template the owner accepts.
 *
 * @param signer id of the template signer's key set
 * @param name the catalog's name, exactly
 */
public record TemplateRequirement(KeyId signer, String name, Rule rule, TemplateVersion version) {
  /** How the catalog's version must relate to the one named. */
  public enum Rule {
    EQUALS("equals"),
    AT_LEAST("at-least");

    private final String id;

    Rule(String id) {
      this.id = id;
    }

    /** {@return the name in documents} */
    public String id() {
      return id;
    }
  }

  /** Refuses with {@code TEMPLATE_MISMATCH} a template that the owner did not ask for. */
  public void require(VolumeSignatureCatalog catalog) throws ProtectorException {
    if (!catalog.signer().id().equals(signer)) {
      throw mismatch("signer " + signer, catalog.signer().id().text());
    }
    if (!catalog.name().equals(name)) {
      throw mismatch("name " + name, catalog.name());
    }
    int order = catalog.version().compareTo(version);
    boolean accepted =
        switch (rule) {
          case EQUALS -> order == 0;
          case AT_LEAST -> order >= 0;
        };
    if (!accepted) {
      throw mismatch("version " + rule.id() + " " + version, catalog.version().toString());
    }
  }

  static TemplateRequirement fromJson(Json json) throws ProtectorException {
    json.members("signer", "name", "rule", "version");
    return new TemplateRequirement(
        json.at("signer").keyId(),
        json.at("name").text(Guardian.MAX_NAME),
        rule(json.at("rule")),
        TemplateVersion.fromJson(json.at("version")));
  }

  ObjectNode toJson() {
    return Json.object()
        .put("signer", signer.text())
        .put("name", name)
        .put("rule", rule.id())
        .put("version", version.toString());
  }

  private static Rule rule(Json json) throws ProtectorException {
    String id = json.text(30);
    for (Rule rule : Rule.values()) {
      if (rule.id().equals(id)) {
        return rule;
      }
    }
    throw json.malformed("equals or at-least", '"' + id + '"');
  }

  private static ProtectorException mismatch(String expected, String found) {
    return new ProtectorException(
        Code.TEMPLATE_MISMATCH, "expected " + expected + ", found " + found);
  }
}
