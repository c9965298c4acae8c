package org.shieldwall.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmAttest;
import org.shieldwall.tpm.TpmHash;
import org.shieldwall.tpm.TpmPublic;

/**
 * A quote that swtpm made, with an RSA-2048 key and before there was an enclave to measure.
 *
 * @param attest what is signed
 * @param signature a TPMT_SIGNATURE
 * @param ak the key's public area
 * @param nonce its extra data
 * @param pcrs which PCRs it covers
 * @param resetCount how often the TPM was reset
 */
record VectorQuote(
    Bytes attest, Bytes signature, TpmPublic ak, Bytes nonce, Set<Integer> pcrs, long resetCount) {
  static VectorQuote read(Path vectors, int entries) throws IOException, MalformedException {
    Path folder = vectors.resolve(String.valueOf(entries));
    byte[] attest = Files.readAllBytes(folder.resolve("quote.attest"));
    TpmAttest read = TpmAttest.parse(attest);
    if (!(read.attested() instanceof TpmAttest.Quote quote)) {
      throw new IOException(folder + " holds no quote");
    }
    return new VectorQuote(
        Bytes.of(attest),
        Bytes.of(Files.readAllBytes(folder.resolve("quote.signature"))),
        TpmPublic.parseSized(Files.readAllBytes(folder.resolve("ak.tpm2b_public"))),
        Bytes.of(Files.readAllBytes(vectors.resolve("nonce.txt"))),
        new TreeSet<>(quote.selection().bank(TpmHash.SHA256).orElseThrow().pcrs()),
        read.clock().resetCount());
  }
}
