package org.shieldwall.hgs.policy;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.protector.Json;
import org.shieldwall.protector.PrivateKeySet;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protector.SignedDocument;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.TpmHash;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** An image's manifest, {@code shieldwall-image-manifest-1} (docs/formats.md). */
public final class ImageManifestDocument {
  /** The longest document. */
  public static final int MAX_BYTES = 1 << 20;

  private static final String FORMAT = "shieldwall-image-manifest-1";
  private static final int MAX_NAME = 200;
  private static final int MAX_VALUES = 100;
  private static final int MAX_LINE = 8192;
  private static final int DIGEST = 32;
  private static final int KEY_BITS = 384;

  private ImageManifestDocument() {}

  /** {@return the document in which {@code signer} says this of an image} */
  public static byte[] sign(ImageManifest manifest, PrivateKeySet signer, SecureRandom random) {
    ObjectNode json =
        Json.object()
            .put("format", FORMAT)
            .put("name", manifest.name())
            .put("bank", TpmHash.SHA256.label());
    manifest.bootApplications().forEach(add(json.putArray("bootApplications")));
    manifest.commandLines().forEach(json.putArray("commandLines")::add);
    json.put("embeddedCommandLine", manifest.embeddedCommandLine());
    sorted(manifest.verityRoots()).forEach(json.putArray("verityRoots")::add);
    manifest.guarantees().stream()
        .map(Check::label)
        .sorted()
        .forEach(json.putArray("guarantees")::add);
    sorted(manifest.dumpKeys()).forEach(json.putArray("dumpKeys")::add);
    return SignedDocument.sign(FORMAT, json, signer, random);
  }

  private static Consumer<Bytes> add(ArrayNode array) {
    return each -> array.add(each.hex());
  }

  private static List<String> sorted(Set<Bytes> digests) {
    return digests.stream().map(Bytes::hex).sorted().toList();
  }

  /**
   * {@return what a maker says of an image}
   *
   * @param signer file of the maker's certificate or public key, PEM
   * @throws GeneralSecurityException if that file holds no key on P-384
   * @throws ProtectorException if the document is malformed, or the key has not signed it
   */
  public static ImageManifest read(Bytes document, Bytes signer)
      throws GeneralSecurityException, ProtectorException {
    if (PublicKeyFile.parse(signer) instanceof ECPublicKey key && isOnP384(key)) {
      return verified(document, key);
    }
    throw new GeneralSecurityException("manifests are signed with a key on P-384");
  }

  static boolean isOnP384(ECPublicKey key) {
    return key.getParams().getCurve().getField().getFieldSize() == KEY_BITS;
  }

  /** {@return what {@code signer} says of an image} */
  static ImageManifest verified(Bytes document, ECPublicKey signer) throws ProtectorException {
    Json json =
        SignedDocument.verified(document.toArray(), FORMAT, MAX_BYTES, signer)
            .members(
                "format",
                "name",
                "bank",
                "bootApplications",
                "commandLines",
                "embeddedCommandLine",
                "verityRoots",
                "guarantees",
                "dumpKeys");
    if (!json.at("bank").text(MAX_NAME).equals(TpmHash.SHA256.label())) {
      throw json.at("bank").malformed(TpmHash.SHA256.label(), "another bank");
    }
    List<String> lines = new ArrayList<>();
    for (Json each : json.at("commandLines").list(0, MAX_VALUES)) {
      lines.add(each.text(MAX_LINE));
    }
    return new ImageManifest(
        json.at("name").text(MAX_NAME),
        digests(json.at("bootApplications"), 1),
        lines,
        json.at("embeddedCommandLine").textOrEmpty(MAX_LINE),
        Set.copyOf(digests(json.at("verityRoots"), 0)),
        guarantees(json.at("guarantees")),
        Set.copyOf(digests(json.at("dumpKeys"), 0)));
  }

  private static List<Bytes> digests(Json json, int least) throws ProtectorException {
    List<Bytes> digests = new ArrayList<>();
    for (Json each : json.list(least, MAX_VALUES)) {
      digests.add(Bytes.of(each.hex(DIGEST)));
    }
    return digests;
  }

  private static Set<Check> guarantees(Json json) throws ProtectorException {
    Set<Check> guarantees = new HashSet<>();
    for (Json each : json.list(0, MAX_VALUES)) {
      Optional<Check> check = Check.ofLabel(each.text(MAX_NAME));
      if (check.filter(Check::canBeGuaranteed).isEmpty()) {
        throw each.malformed("a check that a maker can answer for", "another");
      }
      guarantees.add(check.get());
    }
    return guarantees;
  }
}
