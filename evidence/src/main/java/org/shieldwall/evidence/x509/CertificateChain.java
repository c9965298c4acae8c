package org.shieldwall.evidence.x509;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;

/**
 * Looks for a path from a certificate to one that the caller trusts. Each step is a signature over
 * the certificate's own bytes by a certificate that may issue others.
 *
 * <p>Validity is reported, not decided: the key in a TPM outlives its certificate, and the EK
 * Credential Profile (section 2.2.1.3) leaves it to the verifier.
 */
public final class CertificateChain {
  /** What looking for a path came to. */
  public sealed interface Result {}

  /**
   * There is a path.
   *
   * @param path from the certificate to the trusted one, both included
   * @param outOfTime subjects of those on it that are not valid at the time asked
   */
  public record Trusted(List<UntrustedCertificate> path, List<String> outOfTime) implements Result {
    /** Keeps its own copies of the lists. */
    public Trusted {
      path = List.copyOf(path);
      outOfTime = List.copyOf(outOfTime);
    }
  }

  /**
   * There is none, and why.
   *
   * @param missing whose certificate a path would go on with and is not at hand, where that is why
   */
  public record Untrusted(String reason, Optional<MissingIssuer> missing) implements Result {}

  /**
   * Who signed the last certificate that a path could be found to.
   *
   * @param name the issuer, as that certificate names it
   * @param url where that certificate says the issuer's is to be had; nothing here fetches it
   */
  public record MissingIssuer(String name, Optional<String> url) {}

  /** Nobody named a certificate to trust. */
  public record NotChecked(String reason) implements Result {}

  private static final int LONGEST = 8;

  /** So many signatures are verified before the search is given up. */
  private static final int MOST_SIGNATURES = 64;

  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String KEY_USAGE = "2.5.29.15";

  /** Bit 5 of KeyUsage, in its first byte. */
  private static final int KEY_CERT_SIGN = 0x04;

  /** Extensions whose meaning is heeded here, or that restrict nothing here. */
  private static final Set<String> KNOWN =
      Set.of(
          BASIC_CONSTRAINTS,
          KEY_USAGE,
          "2.5.29.9", // subject directory attributes
          "2.5.29.14", // subject key identifier
          "2.5.29.17", // subject alternative name
          "2.5.29.31", // CRL distribution points
          "2.5.29.32", // certificate policies
          "2.5.29.35", // authority key identifier
          "2.5.29.37", // extended key usage
          "1.3.6.1.5.5.7.1.1"); // authority information access

  private final List<UntrustedCertificate> anchors;
  private final List<UntrustedCertificate> intermediates;
  private int signatures;
  private String reason = "";
  private Optional<MissingIssuer> missing = Optional.empty();
  private int blamed;

  private CertificateChain(
      List<UntrustedCertificate> anchors, List<UntrustedCertificate> intermediates) {
    this.anchors = anchors;
    this.intermediates = intermediates;
  }

  /**
   * Looks for a path.
   *
   * @param anchors certificates trusted as issuers, roots or not
   * @param intermediates certificates that may stand between, trusted in nothing
   * @param when the time at which validity is looked at
   */
  public static Result check(
      UntrustedCertificate certificate,
      List<UntrustedCertificate> anchors,
      List<UntrustedCertificate> intermediates,
      Instant when) {
    if (anchors.isEmpty()) {
      return new NotChecked("no trusted certificate was given");
    }
    return new CertificateChain(anchors, intermediates).search(certificate, when);
  }

  private Result search(UntrustedCertificate certificate, Instant when) {
    Optional<String> critical = unknownCritical(certificate);
    if (critical.isPresent()) {
      return new Untrusted(
          "the certificate has the unknown critical extension " + critical.get(), Optional.empty());
    }
    List<UntrustedCertificate> path = new ArrayList<>(List.of(certificate));
    // A root that the caller trusts needs nobody above it; any other certificate does, listed or
    // not.
    boolean isTrustedRoot = certificate.isSelfIssued() && anchors.contains(certificate);
    if (!isTrustedRoot && !extend(path)) {
      return new Untrusted(reason, missing);
    }
    return new Trusted(
        path,
        path.stream()
            .filter(each -> when.isBefore(each.notBefore()) || when.isAfter(each.notAfter()))
            .map(each -> each.subject().isEmpty() ? "the certificate" : each.subject().toString())
            .toList());
  }

  private boolean extend(List<UntrustedCertificate> path) {
    UntrustedCertificate last = path.getLast();
    for (UntrustedCertificate anchor : anchors) {
      if (isIssuer(anchor, last, path)) {
        path.add(anchor);
        return true;
      }
    }
    if (path.size() >= LONGEST) {
      blame(path, "the path is longer than " + LONGEST + " certificates");
      return false;
    }
    if (isNobodysNamed(last, path)) {
      blameMissing(last, path);
    }
    for (UntrustedCertificate next : intermediates) {
      if (isIssuer(next, last, path)) {
        path.add(next);
        if (extend(path)) {
          return true;
        }
        path.removeLast();
      }
    }
    return false;
  }

  /** Whether no certificate at hand even claims to be the issuer of {@code last}. */
  private boolean isNobodysNamed(UntrustedCertificate last, List<UntrustedCertificate> path) {
    return Stream.concat(anchors.stream(), intermediates.stream())
        .noneMatch(each -> each.subject().matches(last.issuer()) && !path.contains(each));
  }

  private void blameMissing(UntrustedCertificate last, List<UntrustedCertificate> path) {
    if (blamed > path.size()) {
      return;
    }
    blame(
        path,
        last.isSelfIssued()
            ? "it leads to \"" + last.subject() + "\", which is not trusted"
            : "no certificate of the issuer \"" + last.issuer() + "\" is at hand");
    missing =
        Optional.of(new MissingIssuer(last.issuer().toString(), AuthorityInformation.of(last)));
  }

  /** What keeps the longest path from going on is what the caller can mend. */
  private void blame(List<UntrustedCertificate> path, String why) {
    if (path.size() >= blamed) {
      blamed = path.size();
      reason = why;
      missing = Optional.empty();
    }
  }

  private boolean isIssuer(
      UntrustedCertificate issuer, UntrustedCertificate subject, List<UntrustedCertificate> path) {
    if (!issuer.subject().matches(subject.issuer()) || path.contains(issuer)) {
      return false;
    }
    Optional<String> refusal = mayNotIssue(issuer, path.size() - 1);
    if (refusal.isPresent()) {
      blame(path, "\"" + issuer.subject() + "\" " + refusal.get());
      return false;
    }
    if (++signatures > MOST_SIGNATURES) {
      blame(path, "more than " + MOST_SIGNATURES + " signatures would have to be checked");
      return false;
    }
    if (!subject.isSignedBy(issuer.key())) {
      blame(
          path,
          "the signature (%s) is not that of \"%s\" (%s)"
              .formatted(subject.signatureAlgorithm(), issuer.subject(), issuer.key().describe()));
      return false;
    }
    return true;
  }

  /** {@return why a certificate can be nobody's issuer; nothing if it can} */
  public static Optional<String> mayNotIssue(UntrustedCertificate certificate) {
    return mayNotIssue(certificate, 0);
  }

  /** RFC 5280, sections 4.2.1.3 and 4.2.1.9. */
  private static Optional<String> mayNotIssue(UntrustedCertificate issuer, int below) {
    Optional<String> critical = unknownCritical(issuer);
    if (critical.isPresent()) {
      return Optional.of("has the unknown critical extension " + critical.get());
    }
    try {
      Optional<Bytes> constraints = issuer.extension(BASIC_CONSTRAINTS);
      if (constraints.isEmpty()) {
        return issuer.isSelfIssued()
            ? Optional.empty()
            : Optional.of("is not marked as one that issues certificates");
      }
      List<Der> parts =
          Der.whole(constraints.get().toArray())
              .require(Der.SEQUENCE, "BasicConstraints")
              .children();
      if (parts.isEmpty() || parts.getFirst().tag() != Der.BOOLEAN || !parts.getFirst().bool()) {
        return Optional.of("may not issue certificates");
      }
      if (parts.size() > 1 && parts.get(1).length() == 1 && below > parts.get(1).value()[0]) {
        return Optional.of("allows a shorter path only");
      }
      Optional<Bytes> usage = issuer.extension(KEY_USAGE);
      if (usage.isPresent()) {
        byte[] bits = Der.whole(usage.get().toArray()).bits();
        if (bits.length == 0 || (bits[0] & KEY_CERT_SIGN) == 0) {
          return Optional.of("has a key that may not sign certificates");
        }
      }
      return Optional.empty();
    } catch (MalformedException e) {
      return Optional.of("has a malformed extension");
    }
  }

  private static Optional<String> unknownCritical(UntrustedCertificate certificate) {
    return certificate.extensions().stream()
        .filter(each -> each.critical() && !KNOWN.contains(each.oid()))
        .map(UntrustedCertificate.Extension::oid)
        .findFirst();
  }
}
