package org.shieldwall.hgs.store;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/**
 * The one certificate of an attestation key that counts for each host: a new one takes the place of
 * the one before, and without a row none counts.
 */
public final class AkCertificateRegister {
  private static final String COLUMNS = "host, serial, ak_name, issued, expires";
  private static final RowMapper<Stored> ROW =
      (row, context) ->
          new Stored(
              row.getString("host"),
              row.getString("serial"),
              row.getString("ak_name"),
              Instant.parse(row.getString("issued")),
              Instant.parse(row.getString("expires")));

  private AkCertificateRegister() {}

  /**
   * One certificate.
   *
   * @param host name of the host
   * @param serial the certificate's number, hexadecimal
   * @param akName name of the attestation key, hexadecimal
   * @param issued when
   * @param expires from then on it is no longer good
   */
  public record Stored(
      String host, String serial, String akName, Instant issued, Instant expires) {}

  /** Makes this the certificate that counts, in the caller's writing transaction. */
  public static void put(Handle writing, Stored certificate) {
    writing.execute(
        "INSERT INTO ak_certificate ("
            + COLUMNS
            + ") VALUES (?, ?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET serial = excluded.serial,"
            + " ak_name = excluded.ak_name, issued = excluded.issued, expires = excluded.expires",
        certificate.host(),
        certificate.serial(),
        certificate.akName(),
        certificate.issued().toString(),
        certificate.expires().toString());
  }

  /** {@return whether there was one that counted} */
  public static boolean revoke(Handle writing, String host) {
    return writing.execute("DELETE FROM ak_certificate WHERE host = ?", host) == 1;
  }

  /** {@return the certificate that counts for this host} */
  public static Optional<Stored> of(Handle handle, String host) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM ak_certificate WHERE host = :host")
        .bind("host", host)
        .map(ROW)
        .findOne();
  }
}
