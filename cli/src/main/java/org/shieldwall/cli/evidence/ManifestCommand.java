package org.shieldwall.cli.evidence;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.shieldwall.cli.Failure;
import org.shieldwall.cli.InputFile;
import org.shieldwall.cli.Output;
import org.shieldwall.cli.owner.SigningKey;
import org.shieldwall.evidence.Check;
import org.shieldwall.evidence.ImageManifest;
import org.shieldwall.evidence.KernelArguments;
import org.shieldwall.evidence.eventlog.MeasuredDigest;
import org.shieldwall.evidence.predict.PredictedBoot;
import org.shieldwall.evidence.predict.UnifiedKernel;
import org.shieldwall.hgs.policy.ImageManifestDocument;
import org.shieldwall.protector.GuardianKey;
import org.shieldwall.protector.ProtectorException;
import org.shieldwall.protocol.HostKeyDocument;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code evidence manifest sign | show}. */
@Command(
    name = "manifest",
    description = "Answer for an operating system image, or see what its maker answers for.",
    mixinStandardHelpOptions = true)
final class ManifestCommand implements Runnable {
  private static final int LARGEST_IMAGE = 512 << 20;
  private static final int LARGEST_KEY = 64 << 10;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "sign",
      description = {
        "Make and sign the manifest of a unified kernel image (systemd-stub 252, its command line"
            + " inside): its digest, command line and root hashes, and what you guarantee of it.",
        "A policy names the manifest and your public key under [checks.image-manifest]."
      },
      mixinStandardHelpOptions = true)
  void sign(
      @Parameters(paramLabel = "UKI", description = "The unified kernel image, signed.") Path image,
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "What administrators call the image, with its version.")
          String name,
      @Option(
              names = "--guarantee",
              paramLabel = "CHECK",
              description =
                  "A check that you answer for, by its name in a policy, like no-swap-or-encrypted."
                      + " May be given several times.")
          List<String> guarantees,
      @Option(
              names = "--dump-key",
              paramLabel = "sha256:HEX",
              description =
                  "Digest of a key that the image encrypts its dumps to. May be given several times.")
          List<String> dumpKeys,
      @Option(
              names = "--verity-root",
              paramLabel = "HEX",
              description =
                  "Root hash of a file system of the image that its command line does not name"
                      + " (those it names are in the manifest). May be given several times.")
          List<String> verityRoots,
      @Option(
              names = "--signer",
              required = true,
              paramLabel = "FILE",
              description = "The private guardian file to sign with.")
          Path signer,
      @Mixin SigningKey unlocking,
      @Option(names = "--out", required = true, paramLabel = "FILE", description = "The manifest.")
          Path out,
      @Option(
              names = "--public-key",
              paramLabel = "FILE",
              description =
                  "Write the public key that policies name as signer, PEM, to a new file.")
          Optional<Path> publicKey,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    ImageManifest manifest =
        manifest(
            image,
            name,
            given(guarantees).map(ManifestCommand::guarantee).toList(),
            given(dumpKeys).map(ManifestCommand::digest).toList(),
            given(verityRoots).map(ManifestCommand::root).toList());
    SecureRandom random = new SecureRandom();
    GuardianKey key = unlocking.open(signer, random);
    SigningKey.writeNew(out, ImageManifestDocument.sign(manifest, key.keys(), random));
    publicKey.ifPresent(
        file -> SigningKey.writeNew(file, HostKeyDocument.pem(key.guardian().keys().signing())));
    ObjectNode node = node(manifest).put("manifest", out.toString());
    publicKey.ifPresent(file -> node.put("publicKey", file.toString()));
    print(
        node,
        json,
        manifest,
        () -> {
          PrintWriter to = spec.commandLine().getOut();
          to.println("  signed by         " + key.guardian().name());
          to.println("Written to " + out + ". In a policy, with both files beside it:");
          to.println("  [checks.image-manifest]");
          to.println("  enabled = true");
          to.println("  files = [\"" + out.getFileName() + "\"]");
          to.println(
              "  signer = \""
                  + publicKey.map(Path::getFileName).map(Path::toString).orElse("PUBLIC-KEY.pem")
                  + "\"");
        });
  }

  @Command(
      name = "show",
      description = {
        "Verify a manifest and show what its maker says of the image.",
        "Exit code 0: it is the signer's; 1: it is not; 2: a file is malformed."
      },
      mixinStandardHelpOptions = true)
  void show(
      @Parameters(paramLabel = "FILE", description = "The manifest.") Path file,
      @Option(
              names = "--signer",
              required = true,
              paramLabel = "FILE",
              description = "The maker's certificate or public key, PEM.")
          Path signer,
      @Option(names = "--json", description = "Print JSON.") boolean json) {
    try {
      ImageManifest manifest =
          ImageManifestDocument.read(
              Bytes.of(InputFile.read(file, ImageManifestDocument.MAX_BYTES)),
              Bytes.of(InputFile.read(signer, LARGEST_KEY)));
      print(node(manifest), json, manifest, () -> {});
    } catch (GeneralSecurityException noKey) {
      throw new Failure(
          signer + " holds no certificate or public key on P-384, PEM",
          "the maker's, as evidence manifest sign --public-key writes it",
          Failure.MALFORMED);
    } catch (ProtectorException refused) {
      boolean foreign = refused.code() == ProtectorException.Code.FOREIGN_SIGNATURE;
      throw new Failure(
          file + " is no manifest of this signer: " + refused.getMessage(),
          "ask its maker for it again, and for the key by another way",
          foreign ? Failure.REFUSED : Failure.MALFORMED);
    }
  }

  private static Stream<String> given(List<String> values) {
    return Stream.ofNullable(values).flatMap(List::stream);
  }

  private static ImageManifest manifest(
      Path image, String name, List<Check> guarantees, List<Bytes> dumpKeys, List<Bytes> roots) {
    try {
      UnifiedKernel kernel = UnifiedKernel.parse(InputFile.read(image, LARGEST_IMAGE));
      // What PCR 4 holds does not depend on Secure Boot's variables: the separator closes them.
      PredictedBoot boot = PredictedBoot.of(kernel, List.of(Bytes.zeros(4)), TpmHash.SHA256);
      Set<Bytes> verity = new HashSet<>(roots);
      verity.addAll(namedRoots(kernel.commandLine()));
      return new ImageManifest(
          name,
          boot.facts().bootApplications().stream().map(MeasuredDigest::digest).toList(),
          List.of(),
          kernel.commandLine().strip(),
          verity,
          Set.copyOf(guarantees),
          Set.copyOf(dumpKeys));
    } catch (MalformedException problem) {
      throw EvidenceFiles.malformed(image, problem);
    } catch (IllegalArgumentException unsuitable) {
      throw new Failure(
          "the manifest cannot be made: " + unsuitable.getMessage(), "", Failure.MALFORMED);
    }
  }

  private static List<Bytes> namedRoots(String commandLine) {
    KernelArguments line = KernelArguments.parse(commandLine);
    List<Bytes> roots = new ArrayList<>();
    for (String parameter : List.of("roothash", "usrhash")) {
      line.all(parameter).forEach(each -> roots.add(root(each.value())));
    }
    return roots;
  }

  private static Bytes root(String hex) {
    String text = hex.startsWith("sha256:") ? hex.substring("sha256:".length()) : hex;
    if (!text.matches("[0-9a-fA-F]{64}")) {
      throw new Failure(
          "\"" + hex + "\" is no root hash of SHA-256, in hex",
          "make the file system with veritysetup format, whose hash is SHA-256",
          Failure.MALFORMED);
    }
    return Bytes.ofHex(text.toLowerCase(java.util.Locale.ROOT));
  }

  private static Bytes digest(String text) {
    if (!text.matches("sha256:[0-9a-f]{64}")) {
      throw new Failure(
          "\"" + text + "\" is no sha256:HEX in lower case",
          "SHA-256 of the key's file: sha256sum FILE",
          Failure.MALFORMED);
    }
    return Bytes.ofHex(text.substring("sha256:".length()));
  }

  private static Check guarantee(String label) {
    return Check.ofLabel(label)
        .filter(Check::canBeGuaranteed)
        .orElseThrow(() ->
            new Failure(
                "no maker can answer for \"" + label + "\"",
                "one of: "
                    + String.join(
                        ", ",
                        Stream.of(Check.values())
                            .filter(Check::canBeGuaranteed)
                            .map(Check::label)
                            .toList()),
                Failure.MALFORMED));
  }

  private static ObjectNode node(ImageManifest manifest) {
    ObjectNode node = Output.object().put("name", manifest.name());
    put(node.putArray("images"), manifest.bootApplications().stream().map(Bytes::hex));
    node.put("commandLine", manifest.embeddedCommandLine());
    put(node.putArray("verityRoots"), manifest.verityRoots().stream().map(Bytes::hex).sorted());
    put(node.putArray("guarantees"), manifest.guarantees().stream().map(Check::label).sorted());
    put(node.putArray("dumpKeys"), manifest.dumpKeys().stream().map(Bytes::hex).sorted());
    return node;
  }

  private static void put(ArrayNode array, Stream<String> values) {
    values.forEach(array::add);
  }

  private void print(ObjectNode node, boolean json, ImageManifest manifest, Runnable more) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Output.indented(node));
    } else {
      out.println("Image " + manifest.name());
      manifest.bootApplications().forEach(each -> out.println("  image             " + each.hex()));
      out.println("  command line      " + manifest.embeddedCommandLine());
      manifest.verityRoots().forEach(each -> out.println("  root hash         " + each.hex()));
      manifest.dumpKeys().forEach(each -> out.println("  dumps go to       " + each.hex()));
      if (manifest.guarantees().isEmpty()) {
        out.println("  its maker guarantees nothing that is not measured");
      }
      manifest.guarantees().stream()
          .sorted()
          .forEach(
              each -> out.println("  guaranteed        " + each.label() + ": " + each.title()));
      more.run();
    }
    out.flush();
  }
}
