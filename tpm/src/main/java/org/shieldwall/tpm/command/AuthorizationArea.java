package org.shieldwall.tpm.command;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** The authorization area of one command and its response (Part 1, sections 18.6 to 18.8). */
final class AuthorizationArea {
  private static final int PASSWORD_SESSION = 0x40000009;
  private static final int CONTINUE_SESSION = 1;

  private final List<Authorization> authorizations;
  private final List<Bytes> nonces = new ArrayList<>();
  private final Request request;

  private AuthorizationArea(Request request, SecureRandom random) {
    this.request = request;
    this.authorizations = request.authorizations();
    for (Authorization each : authorizations) {
      nonces.add(
          switch (each) {
            case Authorization.Password ignored -> Bytes.EMPTY;
            case Authorization.InSession in -> fresh(random, in.session().hash().size());
          });
    }
  }

  static AuthorizationArea of(Request request, SecureRandom random) {
    return new AuthorizationArea(request, random);
  }

  static Bytes fresh(SecureRandom random, int length) {
    byte[] nonce = new byte[length];
    random.nextBytes(nonce);
    return Bytes.of(nonce);
  }

  boolean isEmpty() {
    return authorizations.isEmpty();
  }

  void write(ByteWriter out) {
    if (isEmpty()) {
      return;
    }
    ByteWriter area = new ByteWriter();
    for (int i = 0; i < authorizations.size(); i++) {
      switch (authorizations.get(i)) {
        case Authorization.Password password ->
            area.u32(PASSWORD_SESSION)
                .sized(Bytes.EMPTY)
                .u8(CONTINUE_SESSION)
                .sized(password.value());
        case Authorization.InSession in ->
            area.u32(in.session().handle())
                .sized(nonces.get(i))
                .u8(CONTINUE_SESSION)
                .sized(commandHmac(in, nonces.get(i)));
      }
    }
    byte[] bytes = area.toByteArray();
    out.u32(bytes.length).bytes(bytes);
    area.wipe();
    Arrays.fill(bytes, (byte) 0);
  }

  /** Checks the response's half: it is what tells a TPM from somebody in between. */
  void check(TpmCommand command, byte[] parameters, ByteReader in) throws MalformedException {
    for (int i = 0; i < authorizations.size(); i++) {
      Bytes nonce = in.sized("nonceTPM");
      int attributes = in.u8("sessionAttributes");
      Bytes hmac = in.sized("hmac");
      if (authorizations.get(i) instanceof Authorization.InSession session) {
        TpmHash hash = session.session().hash();
        Bytes responseHash =
            hash.hash(new ByteWriter().u32(0).u32(command.code()).bytes(parameters).toByteArray());
        Bytes expected = hmac(session, responseHash, nonce, nonces.get(i), attributes);
        if (!MessageDigest.isEqual(expected.toArray(), hmac.toArray())) {
          throw in.malformed("the session's HMAC", "another");
        }
        session.session().rolled(nonce);
      }
    }
    in.end();
  }

  private Bytes commandHmac(Authorization.InSession in, Bytes nonce) {
    ByteWriter message = new ByteWriter().u32(request.command().code());
    request.writeNames(message);
    byte[] parameters = request.parameters().toByteArray();
    message.bytes(parameters);
    byte[] bytes = message.toByteArray();
    Bytes commandHash = in.session().hash().hash(bytes);
    message.wipe();
    Arrays.fill(parameters, (byte) 0);
    Arrays.fill(bytes, (byte) 0);
    return hmac(in, commandHash, nonce, in.session().nonceTpm(), CONTINUE_SESSION);
  }

  /** Part 1, section 19.6.5. With an empty key the HMAC is empty too. */
  private static Bytes hmac(
      Authorization.InSession in, Bytes parametersHash, Bytes newer, Bytes older, int attributes) {
    byte[] key = in.session().provesAuthValue() ? in.value() : new byte[0];
    if (key.length == 0) {
      return Bytes.EMPTY;
    }
    ByteWriter message =
        new ByteWriter().bytes(parametersHash).bytes(newer).bytes(older).u8(attributes);
    return in.session().hash().hmac(key, message.toByteArray());
  }
}
