package org.shieldwall.host.attest.directory;

import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.MessageProp;
import org.shieldwall.host.AgentException;
import org.shieldwall.host.AgentException.Kind;
import org.shieldwall.host.attest.AttestationSetting;
import org.shieldwall.host.attest.ModeAttester;
import org.shieldwall.protector.KeySet;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.DirectoryChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.DirectoryReply;
import org.shieldwall.protocol.HgsClient;
import org.shieldwall.protocol.HgsUnavailableException;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.ProofBinding;
import org.shieldwall.protocol.RefusedException;
import org.shieldwall.protocol.kerberos.KerberosException;
import org.shieldwall.protocol.kerberos.KerberosLogin;
import org.shieldwall.tpm.Bytes;

/** The host's side of attestation in directory mode: docs/protocol.md, section 4. */
public final class DirectoryAttester implements ModeAttester {
  private final AttestationSetting.Directory setting;

  /** Attests as the account in {@code setting}. */
  public DirectoryAttester(AttestationSetting.Directory setting) {
    this.setting = setting;
  }

  @Override
  public AttestReply attest(HgsClient hgs, KeySet enclave)
      throws AgentException, HgsUnavailableException, RefusedException, InterruptedException {
    NonceChallenge challenge = hgs.challenge(new DirectoryChallengeRequest(enclave));
    try (KerberosLogin login =
        KerberosLogin.initiator(setting.kerberos(), setting.keytab(), setting.account())) {
      Exchange exchange = login.as(() -> Exchange.begin(setting.service()));
      Bytes bound = ProofBinding.directory(challenge.nonce(), Bytes.of(enclave.id().bytes()));
      Bytes mic = login.as(() -> exchange.mic(bound));
      DirectoryReply reply =
          hgs.attest(new DirectoryProof(challenge.token(), enclave, exchange.token(), mic));
      requireProved(login, exchange, challenge, reply);
      return reply.attested();
    } catch (KerberosException problem) {
      throw new AgentException(
          Kind.UNAVAILABLE,
          problem.problem().code(),
          problem.problem().title()
              + " ("
              + setting.account()
              + " towards "
              + setting.service()
              + ")",
          problem.problem().remedy());
    }
  }

  /** The service holds the key that the directory gave it, and made this certificate. */
  private static void requireProved(
      KerberosLogin login, Exchange exchange, NonceChallenge challenge, DirectoryReply reply)
      throws AgentException {
    Bytes certificate = reply.attested().certificate();
    try {
      login.as(() -> {
        exchange.complete(
            reply.spnego(),
            reply.mic(),
            ProofBinding.directoryReply(challenge.nonce(), certificate));
        return exchange;
      });
    } catch (KerberosException e) {
      throw new AgentException(
          Kind.REFUSED,
          "service-not-proved",
          "the Host Guardian Service did not prove that it is the service the directory knows",
          "compare 'service' in host.toml with hgs.toml, and hgs.pem with the service's");
    }
  }

  /** One exchange, from this host's side. */
  private record Exchange(GSSContext context, Bytes token) {
    static Exchange begin(String service) throws GSSException {
      GSSManager manager = GSSManager.getInstance();
      GSSName name = manager.createName(service, KerberosLogin.PRINCIPAL_NAME);
      GSSCredential own =
          manager.createCredential(
              null,
              GSSCredential.DEFAULT_LIFETIME,
              KerberosLogin.SPNEGO,
              GSSCredential.INITIATE_ONLY);
      GSSContext context = manager.createContext(name, KerberosLogin.SPNEGO, own, 0);
      context.requestMutualAuth(true);
      context.requestInteg(true);
      context.requestReplayDet(true);
      context.requestCredDeleg(false);
      return new Exchange(context, Bytes.of(context.initSecContext(new byte[0], 0, 0)));
    }

    /**
     * By the key in the AP-REQ just made, before the service has answered: the service can check it
     * as soon as it has that AP-REQ (RFC 4121, section 2), so that one request carries both.
     */
    Bytes mic(Bytes message) throws GSSException {
      byte[] bytes = message.toArray();
      return Bytes.of(context.getMIC(bytes, 0, bytes.length, new MessageProp(false)));
    }

    void complete(Bytes answer, Bytes mic, Bytes message) throws GSSException {
      byte[] in = answer.toArray();
      context.initSecContext(in, 0, in.length);
      if (!context.isEstablished() || !context.getMutualAuthState()) {
        throw new GSSException(GSSException.NO_CONTEXT);
      }
      byte[] signed = message.toArray();
      byte[] code = mic.toArray();
      context.verifyMIC(code, 0, code.length, signed, 0, signed.length, new MessageProp(false));
    }
  }
}
