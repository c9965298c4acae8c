package org.shieldwall.hgs;

import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.UnresolvedAddressException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.shieldwall.hgs.attestation.AttestationModes;
import org.shieldwall.hgs.attestation.AttestationService;
import org.shieldwall.hgs.attestation.AttestationSettings;
import org.shieldwall.hgs.audit.AuditLog;
import org.shieldwall.hgs.audit.AuditedRefusals;
import org.shieldwall.hgs.audit.ClockGuard;
import org.shieldwall.hgs.keys.KeyProtectionService;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.hgs.web.Route;
import org.shieldwall.hgs.web.WebListener;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportMessage;

/**
 * A running service. Closing it lets requests at work finish, and then everything is on the disk.
 */
public final class HgsServer implements AutoCloseable {
  private final Database database;
  private final Secrets secrets;
  private final WebListener listener;
  private final List<Route> routes;
  private final URI url;

  private HgsServer(
      Database database, Secrets secrets, WebListener listener, List<Route> routes, URI url) {
    this.database = database;
    this.secrets = secrets;
    this.listener = listener;
    this.routes = routes;
    this.url = url;
  }

  /**
   * {@return a service that answers from now on}
   *
   * @param unlock opens the folder's secrets
   * @throws HgsException if anything is missing, wrong or taken, with what mends it
   */
  public static HgsServer start(
      HgsFolder folder, HgsConfig config, Unlock unlock, InstantSource clock, SecureRandom random)
      throws HgsException {
    FastCrypto.prefer();
    Secrets secrets = Secrets.open(folder, unlock, random);
    @Nullable Database database = null;
    try {
      database = folder.openDatabase();
      X509Certificate certificate = Certificates.read(folder.certificate());
      List<Route> routes = routes(folder, config, secrets, database, clock, random);
      WebListener listener = listen(config, secrets, certificate, routes);
      URI url = URI.create(HgsSetup.url(config.name(), listener.port()));
      return new HgsServer(database, secrets, listener, routes, url);
    } catch (HgsException | RuntimeException e) {
      secrets.close();
      if (database != null) {
        database.close();
      }
      throw e;
    }
  }

  /** The record is dated by the clock as it is, and everything that is decided by a guarded one. */
  private static InstantSource guarded(InstantSource clock, Database database, AuditLog audit) {
    Instant newest =
        database.read(audit::last).map(record -> Instant.parse(record.at())).orElse(Instant.EPOCH);
    return new ClockGuard(clock, newest);
  }

  private static List<Route> routes(
      HgsFolder folder,
      HgsConfig config,
      Secrets secrets,
      Database database,
      InstantSource clock,
      SecureRandom random)
      throws HgsException {
    AuditLog audit = new AuditLog(clock);
    AuditedRefusals refusals = new AuditedRefusals(database, audit, clock);
    InstantSource guarded = guarded(clock, database, audit);
    X509Certificate signer = Certificates.read(folder.signer());
    AttestationSettings settings =
        new AttestationSettings(
            secrets.token(), secrets.signer(), signer, config.certificateValidity());
    AttestationService attestation =
        new AttestationService(database, audit, refusals, settings, guarded, random);
    AttestationModes modes =
        new AttestationModes(
            attestation, database, audit, refusals, settings, config.directory(), guarded, random);
    KeyProtectionService keys =
        new KeyProtectionService(
            database,
            audit,
            refusals,
            secrets.guardian(),
            List.of(signer),
            config.lease(),
            guarded,
            random);
    Health health = new Health(database, guarded);
    return List.of(
        Route.post("/attestation/v1/challenge", ChallengeRequest.MAX_BYTES, modes::challenge),
        Route.post("/attestation/v1/attest", AttestRequest.MAX_BYTES, attestation::attest),
        Route.post("/attestation/v1/attest/host-key", HostKeyProof.MAX_BYTES, modes::attestHostKey),
        Route.post(
            "/attestation/v1/attest/directory", DirectoryProof.MAX_BYTES, modes::attestDirectory),
        Route.get("/attestation/v1/signer", body -> attestation.signer()),
        Route.post("/keys/v1/release", ReleaseMessage.MAX_BYTES, keys::release),
        Route.post("/keys/v1/report", ReportMessage.MAX_BYTES, keys::report),
        Route.get("/keys/v1/guardian", body -> keys.guardian()),
        Route.get("/health", body -> health.answer()));
  }

  private static WebListener listen(
      HgsConfig config, Secrets secrets, X509Certificate certificate, List<Route> routes)
      throws HgsException {
    InetSocketAddress address = new InetSocketAddress(config.address(), config.port());
    String where = config.address() + " port " + config.port();
    if (address.isUnresolved()) {
      throw new HgsException(
          "the address " + config.address() + " is not known",
          "set listen.address in hgs.toml to an address of this machine");
    }
    try {
      return WebListener.start(address, secrets.tls(), certificate, routes);
    } catch (GeneralSecurityException e) {
      throw new HgsException(
          "the TLS key and certificate do not work together", "restore both from a backup", e);
    } catch (UncheckedIOException | UnresolvedAddressException e) {
      boolean taken =
          e.getCause() instanceof BindException bind
              && String.valueOf(bind.getMessage()).contains("in use");
      throw taken
          ? new HgsException(
              where + " is taken by another program",
              "stop it, or choose another port: --listen ADDRESS:PORT, or listen.port in hgs.toml",
              e)
          : new HgsException(
              "this machine cannot listen on " + where,
              "set listen.address and listen.port in hgs.toml to what it has",
              e);
    }
  }

  /** {@return the port it listens on} */
  public int port() {
    return listener.port();
  }

  /** {@return everything that can be asked of it over HTTPS} */
  public List<Route> routes() {
    return routes;
  }

  /** {@return where hosts reach it} */
  public URI url() {
    return url;
  }

  @Override
  public void close() {
    listener.close();
    database.close();
    secrets.close();
  }
}
