package org.shieldwall.hgs.attestation.directory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import javax.security.auth.kerberos.KerberosKey;
import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.kerberos.KeyTab;
import org.apache.kerby.kerberos.kerb.KrbException;
import org.apache.kerby.kerberos.kerb.common.EncryptionUtil;
import org.apache.kerby.kerberos.kerb.type.KerberosTime;
import org.apache.kerby.kerberos.kerb.type.ap.ApOption;
import org.apache.kerby.kerberos.kerb.type.ap.ApOptions;
import org.apache.kerby.kerberos.kerb.type.ap.ApReq;
import org.apache.kerby.kerberos.kerb.type.ap.Authenticator;
import org.apache.kerby.kerberos.kerb.type.base.CheckSum;
import org.apache.kerby.kerberos.kerb.type.base.EncryptionKey;
import org.apache.kerby.kerberos.kerb.type.base.EncryptionType;
import org.apache.kerby.kerberos.kerb.type.base.KeyUsage;
import org.apache.kerby.kerberos.kerb.type.base.PrincipalName;
import org.apache.kerby.kerberos.kerb.type.base.TransitedEncoding;
import org.apache.kerby.kerberos.kerb.type.base.TransitedEncodingType;
import org.apache.kerby.kerberos.kerb.type.ticket.EncTicketPart;
import org.apache.kerby.kerberos.kerb.type.ticket.Ticket;
import org.apache.kerby.kerberos.kerb.type.ticket.TicketFlags;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.shieldwall.tpm.Bytes;

/**
 * A ticket as the key distribution center would make it at another time, and a client's use of it:
 * no clock is moved for it.
 *
 * @param from when the ticket begins to be good
 * @param to when it ends
 * @param used what the client's clock says when it uses it
 */
record MadeUpTicket(Instant from, Instant to, Instant used) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final ASN1ObjectIdentifier SPNEGO = new ASN1ObjectIdentifier("1.3.6.1.5.5.2");
  private static final ASN1ObjectIdentifier KERBEROS =
      new ASN1ObjectIdentifier("1.2.840.113554.1.2.2");

  /** RFC 4121, section 4.1.1: no channel bindings; mutual, replay, sequence and integrity. */
  private static final int GSS_CHECKSUM = 0x8003;

  private static final int FLAGS = 0x02 | 0x04 | 0x08 | 0x20;

  /** {@return one that is good now} */
  static MadeUpTicket good() {
    Instant now = Instant.now();
    return new MadeUpTicket(now.minus(Duration.ofHours(1)), now.plus(Duration.ofHours(1)), now);
  }

  /** {@return the initiator's first token, for a service whose keys are in {@code keytab}} */
  Bytes token(String client, String service, Path keytab) throws KrbException, IOException {
    KerberosPrincipal own = new KerberosPrincipal(service + "@" + KerberosRealm.NAME);
    KerberosKey[] keys = KeyTab.getInstance(own, keytab.toFile()).getKeys(own);
    EncryptionKey serviceKey = new EncryptionKey(keys[0].getKeyType(), keys[0].getEncoded());
    byte[] session = new byte[32];
    RANDOM.nextBytes(session);
    EncryptionKey sessionKey = new EncryptionKey(EncryptionType.AES256_CTS_HMAC_SHA1_96, session);
    ApReq request = new ApReq();
    ApOptions options = new ApOptions();
    options.setFlag(ApOption.MUTUAL_REQUIRED);
    request.setApOptions(options);
    request.setTicket(ticket(client, service, serviceKey, sessionKey));
    request.setEncryptedAuthenticator(
        EncryptionUtil.seal(authenticator(client), sessionKey, KeyUsage.AP_REQ_AUTH));
    return Bytes.of(wrapped(request.encode()));
  }

  private Ticket ticket(
      String client, String service, EncryptionKey serviceKey, EncryptionKey sessionKey)
      throws KrbException {
    TransitedEncoding transited = new TransitedEncoding();
    transited.setTrType(TransitedEncodingType.DOMAIN_X500_COMPRESS);
    transited.setContents(new byte[0]);
    EncTicketPart part = new EncTicketPart();
    part.setFlags(new TicketFlags());
    part.setKey(sessionKey);
    part.setCrealm(KerberosRealm.NAME);
    part.setCname(new PrincipalName(client));
    part.setTransited(transited);
    part.setAuthTime(time(from));
    part.setStartTime(time(from));
    part.setEndTime(time(to));
    Ticket ticket = new Ticket();
    ticket.setRealm(KerberosRealm.NAME);
    ticket.setSname(new PrincipalName(service));
    ticket.setEncryptedEncPart(EncryptionUtil.seal(part, serviceKey, KeyUsage.KDC_REP_TICKET));
    return ticket;
  }

  private Authenticator authenticator(String client) {
    byte[] checksum =
        ByteBuffer.allocate(24)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(16)
            .put(new byte[16])
            .putInt(FLAGS)
            .array();
    Authenticator authenticator = new Authenticator();
    authenticator.setAuthenticatorVno(5);
    authenticator.setCrealm(KerberosRealm.NAME);
    authenticator.setCname(new PrincipalName(client));
    authenticator.setCksum(new CheckSum(GSS_CHECKSUM, checksum));
    authenticator.setCusec(RANDOM.nextInt(1_000_000));
    authenticator.setCtime(time(used));
    authenticator.setSeqNumber(RANDOM.nextInt(1 << 20));
    return authenticator;
  }

  private static KerberosTime time(Instant at) {
    return new KerberosTime(at.toEpochMilli() / 1000 * 1000);
  }

  /** RFC 2743, section 3.1, within it RFC 4178, section 4.2.1. */
  private static byte[] wrapped(byte[] request) throws IOException {
    byte[] inner =
        framed(KERBEROS, Bytes.concat(Bytes.of(new byte[] {1, 0}), Bytes.of(request)).toArray());
    ASN1EncodableVector begin = new ASN1EncodableVector();
    begin.add(new DERTaggedObject(true, 0, new DERSequence(KERBEROS)));
    begin.add(new DERTaggedObject(true, 2, new DEROctetString(inner)));
    return framed(SPNEGO, new DERTaggedObject(true, 0, new DERSequence(begin)).getEncoded());
  }

  private static byte[] framed(ASN1ObjectIdentifier mechanism, byte[] content) throws IOException {
    Bytes body = Bytes.concat(Bytes.of(mechanism.getEncoded()), Bytes.of(content));
    int length = body.length();
    byte[] head =
        length < 0x80
            ? new byte[] {0x60, (byte) length}
            : new byte[] {0x60, (byte) 0x82, (byte) (length >> 8), (byte) length};
    return Bytes.concat(Bytes.of(head), body).toArray();
  }
}
