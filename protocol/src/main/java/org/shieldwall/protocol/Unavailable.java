package org.shieldwall.protocol;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.shieldwall.protocol.HgsUnavailableException.Reason;

/**
 * Why a service does not answer, in words that say what to do.
 *
 * @param base its address
 * @param limit how long an answer may take
 */
record Unavailable(URI base, Duration limit) {
  /** {@return what a failure of the connection means} */
  HgsUnavailableException because(IOException failure) {
    Throwable root = failure;
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      root = cause;
    }
    if (root instanceof PinnedTrust.NotPinnedException
        || (root instanceof CertificateException
            && !(root instanceof CertificateExpiredException))) {
      return new HgsUnavailableException(
          Reason.WRONG_CERTIFICATE,
          base + " shows another certificate than the one that is trusted here",
          "if the service was set up anew, copy its hgs.pem again; if not, somebody stands in between",
          failure);
    }
    if (root instanceof CertificateExpiredException) {
      return new HgsUnavailableException(
          Reason.WRONG_CERTIFICATE,
          "the certificate of " + base + " has expired",
          "let the service's administrator renew it, and check this machine's clock",
          failure);
    }
    if (failure instanceof HttpConnectTimeoutException
        || failure instanceof ConnectException
        || root instanceof UnresolvedAddressException) {
      return new HgsUnavailableException(
          Reason.UNREACHABLE,
          "nothing answers at " + base,
          "check the address and that the service runs: shieldwall hgs serve",
          failure);
    }
    if (failure instanceof HttpTimeoutException) {
      return new HgsUnavailableException(
          Reason.TIMEOUT,
          base + " did not answer within " + limit.toSeconds() + " s",
          "try again; if it stays so, look at the service's log",
          failure);
    }
    if (failure instanceof SSLException) {
      return notAnHgs("does not speak TLS 1.3", failure);
    }
    return new HgsUnavailableException(
        Reason.UNREACHABLE,
        "the connection to " + base + " broke",
        "try again; if it stays so, look at the service's log",
        failure);
  }

  /** {@return that something else answers, and what it does} */
  HgsUnavailableException notAnHgs(String does, @Nullable Throwable cause) {
    String what = "what listens at " + base + " is no Host Guardian Service: it " + does;
    String hint = "check the address: shieldwall hgs serve prints it when it starts";
    return cause == null
        ? new HgsUnavailableException(Reason.NOT_AN_HGS, what, hint)
        : new HgsUnavailableException(Reason.NOT_AN_HGS, what, hint, cause);
  }
}
