package org.shieldwall.tpm.command;

import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.Credential;
import org.shieldwall.tpm.KeyTemplates;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.PcrSelection;
import org.shieldwall.tpm.PolicyDigest;
import org.shieldwall.tpm.TpmAlgorithm;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmName;
import org.shieldwall.tpm.TpmPublic;
import org.shieldwall.tpm.TpmSignature;

/** Keys and sealed data. */
public final class Keys {
  private static final int VERIFIED = 0x8022;
  private static final int HASH_CHECK = 0x8024;

  private final TpmEngine engine;

  Keys(TpmEngine engine) {
    this.engine = engine;
  }

  /** {@return the primary key that {@code template} gives below a hierarchy without a password} */
  public TpmObject createPrimary(Hierarchy hierarchy, TpmPublic template) throws TpmException {
    return createPrimary(hierarchy, Authorization.none(), template, new byte[0]);
  }

  /**
   * {@return the primary key that {@code template} gives below {@code hierarchy}}
   *
   * @param value the key's own authorization value
   */
  public TpmObject createPrimary(
      Hierarchy hierarchy, Authorization authorization, TpmPublic template, byte[] value)
      throws TpmException {
    Request request = Request.of(TpmCommand.CREATE_PRIMARY).authorized(hierarchy, authorization);
    writeTemplate(request, template, value, new byte[0]);
    return engine.executeForHandle(
        request,
        (handle, in) -> {
          TpmPublic area = TpmPublic.readSized(in);
          skipCreation(in);
          requireName(in, area);
          return new TpmObject(engine, handle, area);
        });
  }

  /**
   * {@return a new key below {@code parent}}
   *
   * @param value the key's own authorization value
   */
  public CreatedObject create(
      TpmObject parent, Authorization authorization, TpmPublic template, byte[] value)
      throws TpmException {
    return create(parent, authorization, template, value, new byte[0]);
  }

  /**
   * {@return {@code secret}, sealed below {@code parent} so that it opens under {@code policy}
   * alone}
   *
   * @param secret at most 128 bytes; not kept
   */
  public CreatedObject seal(TpmObject parent, PolicyDigest policy, byte[] secret)
      throws TpmException {
    return create(
        parent, Authorization.none(), KeyTemplates.sealedData(policy), new byte[0], secret);
  }

  /**
   * {@return a new object below {@code parent}}
   *
   * @param value the object's own authorization value
   * @param data what it seals; empty for a key that the TPM makes
   */
  public CreatedObject create(
      TpmObject parent, Authorization authorization, TpmPublic template, byte[] value, byte[] data)
      throws TpmException {
    Request request = Request.of(TpmCommand.CREATE).authorized(parent, authorization);
    writeTemplate(request, template, value, data);
    return engine.execute(
        request,
        in -> {
          Bytes privatePart = in.sized("outPrivate");
          TpmPublic area = TpmPublic.readSized(in);
          skipCreation(in);
          return new CreatedObject(privatePart, area);
        });
  }

  /** {@return {@code object}, loaded below a parent that needs no password} */
  public TpmObject load(TpmObject parent, CreatedObject object) throws TpmException {
    return load(parent, Authorization.none(), object);
  }

  /** {@return {@code object}, loaded below {@code parent}} */
  public TpmObject load(TpmObject parent, Authorization authorization, CreatedObject object)
      throws TpmException {
    Request request =
        Request.of(TpmCommand.LOAD)
            .authorized(parent, authorization)
            .sized(object.privatePart())
            .sized(object.area().raw());
    return engine.executeForHandle(
        request,
        (handle, in) -> {
          requireName(in, object.area());
          return new TpmObject(engine, handle, object.area());
        });
  }

  /** {@return a public key, loaded so that this TPM can verify or encrypt with it} */
  public TpmObject loadExternal(TpmPublic area, Hierarchy hierarchy) throws TpmException {
    Request request =
        Request.of(TpmCommand.LOAD_EXTERNAL)
            .sized(Bytes.EMPTY)
            .sized(area.raw())
            .u32(hierarchy.handle());
    return engine.executeForHandle(
        request,
        (handle, in) -> {
          requireName(in, area);
          return new TpmObject(engine, handle, area);
        });
  }

  /** {@return the object at {@code handle}, e.g. a persistent one} */
  public TpmObject at(int handle) throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.READ_PUBLIC).handle(handle),
        in -> {
          TpmPublic area = TpmPublic.readSized(in);
          requireName(in, area);
          in.sized("qualifiedName");
          return new TpmObject(engine, handle, area);
        });
  }

  /** {@return the qualified name of the object at {@code handle}} */
  public TpmName qualifiedName(TpmObject object) throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.READ_PUBLIC).handle(object),
        in -> {
          requireName(in, TpmPublic.readSized(in));
          return new TpmName(in.sized("qualifiedName"));
        });
  }

  /** {@return what {@code object} seals: a secret, to be wiped by the caller} */
  public byte[] unseal(TpmObject object, Authorization authorization) throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.UNSEAL).authorized(object, authorization),
        in -> in.bytes(in.u16("outData.size"), "outData"));
  }

  /**
   * {@return the selected PCRs' digest, signed}
   *
   * @param key an attestation key, with a scheme of its own
   * @param extraData what is signed with it, e.g. a nonce
   */
  public Quoted quote(
      TpmObject key, Authorization authorization, Bytes extraData, PcrSelection selection)
      throws TpmException {
    Request request =
        Request.of(TpmCommand.QUOTE)
            .authorized(key, authorization)
            .sized(extraData)
            .u16(TpmAlgorithm.NULL.id())
            .bytes(selection.marshal());
    return engine.execute(
        request,
        in -> {
          TpmAttest attest = TpmAttest.parse(in.bytes(in.u16("quoted.size"), "quoted"));
          TpmSignature signature = TpmSignature.read(in);
          return new Quoted(attest, signature);
        });
  }

  /**
   * {@return {@code digest}, signed by a key that is not restricted and has a scheme of its own}
   * (Part 3, section 20.2)
   */
  public TpmSignature sign(TpmObject key, Authorization authorization, Bytes digest)
      throws TpmException {
    Request request =
        Request.of(TpmCommand.SIGN)
            .authorized(key, authorization)
            .sized(digest)
            .u16(TpmAlgorithm.NULL.id())
            // No ticket: only restricted keys ask for proof that the TPM made the digest.
            .u16(HASH_CHECK)
            .u32(Hierarchy.NULL.handle())
            .sized(Bytes.EMPTY);
    return engine.execute(request, TpmSignature::read);
  }

  /**
   * {@return the secret in {@code credential}} The TPM gives it only if it holds both the
   * endorsement key it was encrypted to and the attestation key it names.
   */
  public byte[] activateCredential(
      TpmObject attestationKey,
      Authorization attestationAuthorization,
      TpmObject endorsementKey,
      Authorization endorsementAuthorization,
      Credential credential)
      throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.ACTIVATE_CREDENTIAL)
            .authorized(attestationKey, attestationAuthorization)
            .authorized(endorsementKey, endorsementAuthorization)
            .bytes(credential.idObject())
            .bytes(credential.encryptedSecret()),
        in -> in.bytes(in.u16("certInfo.size"), "certInfo"));
  }

  /**
   * {@return {@code secret} for whoever holds {@code endorsementKey} and the key called {@code
   * name}}
   */
  public Credential makeCredential(TpmObject endorsementKey, byte[] secret, TpmName name)
      throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.MAKE_CREDENTIAL)
            .handle(endorsementKey)
            .sized(secret)
            .sized(name.value()),
        in -> {
          Bytes idObject = new ByteWriter().sized(in.sized("credentialBlob")).toBytes();
          Bytes encrypted = new ByteWriter().sized(in.sized("secret")).toBytes();
          return new Credential(idObject, encrypted);
        });
  }

  /**
   * {@return this TPM's note that {@code signature} is {@code key}'s over a message with this
   * digest}
   *
   * @throws TpmRefusedException with {@link TpmRc#SIGNATURE} if it is not
   */
  public VerifiedTicket verifySignature(TpmObject key, Bytes digest, TpmSignature signature)
      throws TpmException {
    return engine.execute(
        Request.of(TpmCommand.VERIFY_SIGNATURE)
            .handle(key)
            .sized(digest)
            .bytes(signature.marshal()),
        in -> {
          int tag = in.u16("tag");
          if (tag != VERIFIED) {
            throw in.malformed("TPM_ST_VERIFIED", "0x%04x".formatted(tag));
          }
          long hierarchy = in.u32("hierarchy");
          Bytes ticket = in.sized("digest");
          return new VerifiedTicket(
              new ByteWriter().u16(tag).u32(hierarchy).sized(ticket).toBytes());
        });
  }

  /**
   * Makes an object survive restarts.
   *
   * @param handle where, 0x81……
   */
  public TpmObject persist(TpmObject object, int handle, Authorization owner) throws TpmException {
    engine.execute(
        Request.of(TpmCommand.EVICT_CONTROL)
            .authorized(Hierarchy.OWNER, owner)
            .handle(object)
            .u32(handle));
    return at(handle);
  }

  /** Removes a persistent object. */
  public void evict(TpmObject object, Authorization owner) throws TpmException {
    engine.execute(
        Request.of(TpmCommand.EVICT_CONTROL)
            .authorized(Hierarchy.OWNER, owner)
            .handle(object)
            .u32(object.handle()));
  }

  private static void writeTemplate(
      Request request, TpmPublic template, byte[] value, byte[] data) {
    request
        .u16(4 + value.length + data.length)
        .sized(value)
        .sized(data)
        .sized(template.raw())
        .sized(Bytes.EMPTY) // outsideInfo
        .u32(0); // creationPCR
  }

  /** creationData, creationHash and creationTicket: nobody here certifies a creation. */
  private static void skipCreation(ByteReader in) throws MalformedException {
    in.sized("creationData");
    in.sized("creationHash");
    in.u16("creationTicket.tag");
    in.u32("creationTicket.hierarchy");
    in.sized("creationTicket.digest");
  }

  /** A name that is not the public area's would mean authorizing something else than we think. */
  private static void requireName(ByteReader in, TpmPublic area) throws MalformedException {
    Bytes name = in.sized("name");
    if (!name.equals(area.name().value())) {
      throw in.malformed("the name of the public area", "another");
    }
  }
}
