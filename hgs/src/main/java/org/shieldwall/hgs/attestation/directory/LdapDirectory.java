package org.shieldwall.hgs.attestation.directory;

import com.unboundid.ldap.sdk.Attribute;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.GSSAPIBindRequest;
import com.unboundid.ldap.sdk.GSSAPIBindRequestProperties;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPSearchException;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.RootDSE;
import com.unboundid.ldap.sdk.SASLQualityOfProtection;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResultEntry;
import com.unboundid.ldap.sdk.SearchScope;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.shieldwall.protocol.kerberos.KerberosConfiguration;
import org.shieldwall.protocol.kerberos.KerberosProblem;
import org.shieldwall.tpm.MalformedException;

/**
 * Active Directory, or Samba, read by LDAP: as the service's own account, both sides authenticated
 * and everything encrypted by Kerberos (SASL GSSAPI, {@code auth-conf}), a connection for each
 * question. Nothing is kept: what was true a minute ago is not asked for.
 *
 * <p>Membership is read from {@code tokenGroups} ([MS-ADTS], section 3.1.1.4.5.19): the SIDs that
 * the domain controller would put into a ticket now, nested groups and the primary group included.
 * The PAC in the host's ticket has the same list as it was when the ticket was made, up to ten
 * hours ago. The matching rule 1.2.840.113556.1.4.1941 walks names, which can be moved and given
 * again, counts groups that grant nothing (distribution lists), and does not see the primary group.
 */
public final class LdapDirectory implements MachineDirectory {
  private static final int USUAL_PORT = 389;
  private static final int CONNECT_MILLIS = 5_000;
  private static final int ANSWER_MILLIS = 10_000;
  private static final String NAME = "sAMAccountName";
  private static final String SID = "objectSid";
  private static final String CONTROL = "userAccountControl";
  private static final String TOKEN_GROUPS = "tokenGroups";

  private final DirectorySettings settings;

  /** Reads the directory in {@code settings}. */
  public LdapDirectory(DirectorySettings settings) {
    this.settings = settings;
  }

  @Override
  public Optional<DirectoryAccount> find(String name) throws UnavailableException {
    @Nullable LDAPException last = null;
    for (URI server : settings.ldap()) {
      try (LDAPConnection directory = connect(server)) {
        return find(directory, name);
      } catch (LDAPException e) {
        last = e;
      } catch (MalformedException e) {
        throw unavailable(server + " does not answer as a directory does", e);
      }
    }
    throw unavailable(last == null ? "no directory server is configured" : reason(last), last);
  }

  private static String reason(LDAPException failure) {
    KerberosProblem problem = KerberosProblem.of(failure);
    return failure.getResultCode().equals(ResultCode.CONNECT_ERROR)
        ? "no domain controller answers"
        : problem == KerberosProblem.OTHER
            ? "the directory says " + failure.getResultCode().getName()
            : "the service's own account: " + problem.title();
  }

  private static UnavailableException unavailable(String what, @Nullable Exception cause) {
    KerberosProblem problem = cause == null ? KerberosProblem.OTHER : KerberosProblem.of(cause);
    return new UnavailableException(
        what,
        problem == KerberosProblem.OTHER
            ? "check 'ldap' in hgs.toml, the network and the domain controllers"
            : problem.remedy(),
        cause);
  }

  private LDAPConnection connect(URI server) throws LDAPException {
    LDAPConnectionOptions options = new LDAPConnectionOptions();
    options.setConnectTimeoutMillis(CONNECT_MILLIS);
    options.setResponseTimeoutMillis(ANSWER_MILLIS);
    options.setFollowReferrals(false);
    int port = server.getPort() < 0 ? USUAL_PORT : server.getPort();
    LDAPConnection connection = new LDAPConnection(options, server.getHost(), port);
    try {
      KerberosConfiguration.use(settings.kerberos());
      connection.bind(new GSSAPIBindRequest(login(server)));
      return connection;
    } catch (LDAPException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private GSSAPIBindRequestProperties login(URI server) throws LDAPException {
    GSSAPIBindRequestProperties login =
        new GSSAPIBindRequestProperties(settings.accountPrincipal(), (String) null);
    login.setUseKeyTab(true);
    login.setKeyTabPath(settings.keytab().toString());
    login.setUseTicketCache(false);
    login.setRefreshKrb5Config(true);
    login.setServicePrincipalProtocol("ldap");
    login.setSASLClientServerName(server.getHost());
    login.setAllowedQoP(SASLQualityOfProtection.AUTH_CONF);
    return login;
  }

  private Optional<DirectoryAccount> find(LDAPConnection directory, String name)
      throws LDAPException, MalformedException {
    RootDSE root = directory.getRootDSE();
    String base = root == null ? null : root.getAttributeValue("defaultNamingContext");
    if (base == null) {
      throw hidden("defaultNamingContext");
    }
    Optional<SearchResultEntry> found = only(directory, base, name);
    if (found.isEmpty() || !name.equalsIgnoreCase(found.get().getAttributeValue(NAME))) {
      return Optional.empty();
    }
    SearchResultEntry account = found.get();
    SearchResultEntry tokens = directory.getEntry(account.getDN(), TOKEN_GROUPS);
    Long control = account.getAttributeValueAsLong(CONTROL);
    if (tokens == null || control == null) {
      throw hidden(TOKEN_GROUPS + ", " + CONTROL);
    }
    return Optional.of(
        new DirectoryAccount(
            String.valueOf(account.getAttributeValue(NAME)),
            SecurityIdentifier.text(required(account, SID).getValueByteArray()),
            control,
            groups(required(tokens, TOKEN_GROUPS))));
  }

  /**
   * The one account that a ticket's client can be. A ticket may name its client by sAMAccountName
   * or by userPrincipalName: where another account has this name as either, nobody can say whose
   * ticket it is.
   */
  private Optional<SearchResultEntry> only(LDAPConnection directory, String base, String name)
      throws LDAPException {
    Filter filter =
        Filter.createORFilter(
            Filter.createEqualityFilter(NAME, name),
            Filter.createEqualityFilter("userPrincipalName", name),
            Filter.createEqualityFilter("userPrincipalName", name + "@" + settings.realm()));
    SearchRequest request = new SearchRequest(base, SearchScope.SUB, filter, NAME, SID, CONTROL);
    request.setSizeLimit(2);
    try {
      List<SearchResultEntry> entries = directory.search(request).getSearchEntries();
      return entries.size() == 1 ? Optional.of(entries.getFirst()) : Optional.empty();
    } catch (LDAPSearchException e) {
      if (e.getResultCode().equals(ResultCode.SIZE_LIMIT_EXCEEDED)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Set<String> groups(Attribute values) throws MalformedException {
    Set<String> sids = new HashSet<>();
    for (byte[] value : values.getValueByteArrays()) {
      sids.add(SecurityIdentifier.text(value));
    }
    return sids;
  }

  private static Attribute required(SearchResultEntry entry, String name) throws LDAPException {
    Attribute attribute = entry.getAttribute(name);
    if (attribute == null || !attribute.hasValue()) {
      throw hidden(name);
    }
    return attribute;
  }

  private static LDAPException hidden(String name) {
    return new LDAPException(
        ResultCode.INSUFFICIENT_ACCESS_RIGHTS, name + " is not shown to the service's account");
  }
}
