package org.shieldwall.lab.fuzz;

import static org.shieldwall.lab.fuzz.FuzzTarget.require;

import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.AkCertificate;
import org.shieldwall.protocol.AttestReply;
import org.shieldwall.protocol.AttestRequest;
import org.shieldwall.protocol.Capture;
import org.shieldwall.protocol.Challenge;
import org.shieldwall.protocol.ChallengeRequest;
import org.shieldwall.protocol.DirectoryChallengeRequest;
import org.shieldwall.protocol.DirectoryProof;
import org.shieldwall.protocol.DirectoryReply;
import org.shieldwall.protocol.HealthCertificate;
import org.shieldwall.protocol.HealthClaims;
import org.shieldwall.protocol.HostIdentity;
import org.shieldwall.protocol.HostKeyChallengeRequest;
import org.shieldwall.protocol.HostKeyProof;
import org.shieldwall.protocol.NonceChallenge;
import org.shieldwall.protocol.Problem;
import org.shieldwall.protocol.ReleaseMessage;
import org.shieldwall.protocol.ReportMessage;
import org.shieldwall.tpm.Bytes;

/** What goes over the wire between hosts and the service, and the files that go with it. */
final class MessageTargets {
  private static final String PCRS = "{\"7\":\"" + "00".repeat(32) + "\"}";
  private static final String B32 = "A".repeat(43);

  private MessageTargets() {}

  /** Reads a message. */
  private interface Reader<T> {
    T read(byte[] input) throws ProtectorException;
  }

  static List<FuzzTarget> all() {
    return List.of(
        message(
            "challenge-request",
            ChallengeRequest::parse,
            ChallengeRequest::toBytes,
            "{\"mode\":\"tpm\",\"ekPublic\":\"AAAA\",\"ekCertificate\":\"AAAA\",\"akPublic\":\"AAAA\","
                + "\"enclave\":<KEYS>,\"akCertificate\":\"AAAA\",\"resetCount\":7}"),
        message(
            "challenge",
            Challenge::parse,
            Challenge::toBytes,
            "{\"token\":\"t\",\"nonce\":\"<B32>\",\"credentialBlob\":\"AAAA\","
                + "\"encryptedSecret\":\"AAAA\",\"bank\":\"sha256\",\"pcrs\":[0,4,7,15],"
                + "\"wants\":[\"event-log\",\"ima\"],\"imaFrom\":3,\"expires\":\"2026-01-01T00:00:00Z\"}"),
        message(
            "host-key-challenge-request",
            HostKeyChallengeRequest::parse,
            HostKeyChallengeRequest::toBytes,
            "{\"mode\":\"host-key\",\"key\":\"<B32>\",\"enclave\":<KEYS>}"),
        message(
            "host-key-proof",
            HostKeyProof::parse,
            HostKeyProof::toBytes,
            "{\"token\":\"t\",\"enclave\":<KEYS>,\"signature\":\"AAAA\"}"),
        message(
            "directory-challenge-request",
            DirectoryChallengeRequest::parse,
            DirectoryChallengeRequest::toBytes,
            "{\"mode\":\"directory\",\"enclave\":<KEYS>}"),
        message(
            "directory-proof",
            DirectoryProof::parse,
            DirectoryProof::toBytes,
            "{\"token\":\"t\",\"enclave\":<KEYS>,\"spnego\":\"AAAA\",\"mic\":\"AAAA\"}"),
        message(
            "nonce-challenge",
            NonceChallenge::parse,
            NonceChallenge::toBytes,
            "{\"token\":\"t\",\"nonce\":\"<B32>\",\"expires\":\"2026-01-01T00:00:00Z\"}"),
        message(
            "attest-request",
            AttestRequest::parse,
            AttestRequest::toBytes,
            "{\"token\":\"t\",\"activatedSecret\":\"AAAA\",\"akPublic\":\"AAAA\",\"enclave\":<KEYS>,"
                + "\"quote\":\"AAAA\",\"signature\":\"AAAA\",\"pcrs\":<PCRS>,\"eventLog\":\"AAAA\","
                + "\"ima\":\"AAAA\",\"commandLine\":\"quiet\"}"),
        message(
            "attest-reply",
            AttestReply::parse,
            AttestReply::toBytes,
            "{\"certificate\":\"AAAA\",\"signer\":\"AAAA\",\"expires\":\"2026-01-01T00:00:00Z\","
                + "\"host\":\"rack1\",\"claims\":<CLAIMS>,\"akCertificate\":\"AAAA\"}"),
        message(
            "directory-reply",
            DirectoryReply::parse,
            MessageTargets::printed,
            "{\"attested\":{\"certificate\":\"AAAA\",\"signer\":\"AAAA\","
                + "\"expires\":\"2026-01-01T00:00:00Z\",\"host\":\"rack1\",\"claims\":<CLAIMS>,"
                + "\"akCertificate\":null},\"spnego\":\"AAAA\",\"mic\":\"AAAA\"}"),
        FuzzTarget.of(
            "ak-certificate",
            () -> List.of(HealthSeeds.akCertificate()),
            input -> {
              AkCertificate read = AkCertificate.parse(Bytes.of(input));
              read.refusal(List.of(), read.binding().ek(), read.binding().akName(), Instant.EPOCH);
            },
            ProtectorException.class),
        FuzzTarget.of(
            "health-claims",
            () -> Seeds.texts(HealthSeeds.CLAIMS),
            HealthClaims::parse,
            ProtectorException.class),
        FuzzTarget.of(
            "health-certificate",
            () -> List.of(HealthSeeds.certificate()),
            input -> HealthCertificate.parse(Bytes.of(input)),
            ProtectorException.class),
        message(
            "problem",
            Problem::parse,
            Problem::toBytes,
            "{\"type\":\"urn:x\",\"title\":\"t\",\"status\":403,\"detail\":\"d\",\"instance\":\"i\","
                + "\"findings\":[{\"code\":\"c\",\"title\":null,\"expected\":\"e\",\"found\":\"f\","
                + "\"why\":\"w\",\"remedy\":\"r\",\"anchor\":null}]}"),
        FuzzTarget.of(
            "release-message",
            () ->
                Seeds.texts(
                    "{\"certificate\":\"AAAA\",\"request\":{},\"protector\":{},\"restore\":null}"),
            ReleaseMessage::parse,
            ProtectorException.class),
        FuzzTarget.of(
            "report-message",
            () -> Seeds.texts("{\"certificate\":\"AAAA\",\"report\":{}}"),
            ReportMessage::parse,
            ProtectorException.class),
        message(
            "host-identity",
            HostIdentity::parse,
            HostIdentity::toBytes,
            "{\"format\":\"shieldwall-host-identity-1\",\"name\":\"rack1\",\"ekPublic\":\"AAAA\","
                + "\"ekCertificate\":null,\"tpm\":{\"manufacturer\":\"IBM\"}}"),
        message(
            "capture",
            Capture::parse,
            Capture::toBytes,
            "{\"format\":\"shieldwall-capture-1\",\"at\":\"2026-01-01T00:00:00Z\",\"identity\":"
                + "{\"format\":\"shieldwall-host-identity-1\",\"name\":\"rack1\",\"ekPublic\":\"AAAA\","
                + "\"ekCertificate\":null,\"tpm\":{\"manufacturer\":\"IBM\"}},\"enclave\":\"<B32>\","
                + "\"quote\":{\"akPublic\":\"AAAA\",\"nonce\":\"<B32>\",\"attested\":\"AAAA\","
                + "\"signature\":\"AAAA\",\"bank\":\"sha256\",\"pcrs\":<PCRS>},\"eventLog\":\"AAAA\","
                + "\"ima\":\"AAAA\",\"kernel\":{\"release\":\"6.1\",\"commandLine\":\"quiet\"}}"));
  }

  private static byte[] printed(DirectoryReply reply) {
    try {
      return reply.toBytes();
    } catch (ProtectorException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> FuzzTarget message(
      String name, Reader<T> reader, Function<T, byte[]> printer, String seed) {
    String genuine =
        seed.replace("<CLAIMS>", HealthSeeds.CLAIMS)
            .replace("<KEYS>", HealthSeeds.KEYS)
            .replace("<PCRS>", PCRS)
            .replace("<B32>", B32);
    return FuzzTarget.of(
        name,
        () -> Seeds.texts(genuine),
        input -> {
          T read = reader.read(input);
          require(reader.read(printer.apply(read)).equals(read), name + " reads as it was printed");
        },
        ProtectorException.class);
  }
}
