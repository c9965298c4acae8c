package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.shieldwall.tpm.Bytes;

/** Which TPM makers' certificates the administrator added. */
public final class TrustRegister {
  private static final String COLUMNS = "digest, role, der, added";
  private static final RowMapper<Stored> ROW =
      (row, context) ->
          new Stored(
              row.getString("digest"),
              Role.valueOf(row.getString("role").toUpperCase(Locale.ROOT)),
              Bytes.ofHex(row.getString("der")),
              Instant.parse(row.getString("added")));

  private TrustRegister() {}

  /** What a certificate is good for. */
  public enum Role {
    /** It is trusted itself. */
    ANCHOR,
    /** It may stand between a TPM's certificate and an anchor, and is trusted in nothing else. */
    INTERMEDIATE;

    /** {@return its name in the store and in answers} */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One certificate.
   *
   * @param digest SHA-256 of the DER, hexadecimal
   * @param role what it is good for
   * @param der the certificate
   * @param added when
   */
  public record Stored(String digest, Role role, Bytes der, Instant added) {}

  /** {@return whether it is new, or was an intermediate and is an anchor now} */
  public static boolean add(Handle writing, Stored certificate) {
    int inserted =
        writing.execute(
            "INSERT INTO maker_certificate ("
                + COLUMNS
                + ") VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (digest) DO NOTHING",
            certificate.digest(),
            certificate.role().code(),
            certificate.der().hex(),
            certificate.added().toString());
    if (inserted == 1) {
      return true;
    }
    return certificate.role() == Role.ANCHOR
        && writing.execute(
                "UPDATE maker_certificate SET role = 'anchor' WHERE digest = ? AND role <> 'anchor'",
                certificate.digest())
            == 1;
  }

  /** {@return whether there was one of this digest to remove} */
  public static boolean remove(Handle writing, String digest) {
    return writing.execute("DELETE FROM maker_certificate WHERE digest = ?", digest) == 1;
  }

  /** {@return every certificate, oldest first} */
  public static List<Stored> all(Handle handle) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM maker_certificate ORDER BY added, digest")
        .map(ROW)
        .list();
  }

  /** {@return digest and role of each certificate: differs whenever the certificates do} */
  public static Set<String> version(Handle handle) {
    return handle
        .createQuery("SELECT digest || ' ' || role FROM maker_certificate")
        .mapTo(String.class)
        .set();
  }
}
