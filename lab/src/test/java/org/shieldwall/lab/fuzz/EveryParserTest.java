package org.shieldwall.lab.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every public method that makes something of bytes, JSON, a file or a stream has a fuzz target
 * that calls it, or stands here with the reason why it has none of its own.
 */
class EveryParserTest {
  private static final String ROOT = "org.shieldwall.";
  private static final Pattern READS =
      Pattern.compile("(parse|read|decode|verif|unseal|open|untrusted|from(Json|Der))[A-Za-z0-9]*");

  /** What comes from elsewhere, in whatever form. */
  private static final Set<String> INPUTS =
      Set.of(
          "byte[]",
          "java.io.InputStream",
          "java.nio.ByteBuffer",
          "java.nio.channels.SeekableByteChannel",
          "java.nio.file.Path",
          "org.shieldwall.protector.Json",
          "org.shieldwall.tpm.ByteReader",
          "org.shieldwall.tpm.Bytes",
          "tools.jackson.databind.JsonNode");

  /** Without a target of their own, and why. */
  private static final Map<String, String> WITHOUT =
      Map.ofEntries(
          // They hand on bytes as they are.
          Map.entry("cli.InputFile.read", "bytes as they are"),
          Map.entry("cli.InputFile.open", "a stream as it is"),
          Map.entry("disk.io.ExactChannel.read", "bytes as they are"),
          Map.entry("enclave.state.DurableFiles.read", "bytes as they are"),
          Map.entry("protector.SecretFile.read", "bytes as they are"),
          Map.entry("enclave.posix.Descriptor.open", "a file of the operating system's"),
          Map.entry("enclave.state.VmDirectory.open", "a file of the operating system's"),
          Map.entry("tpm.command.DeviceTransport.open", "a device of the operating system's"),
          Map.entry("hgs.store.Database.open", "SQLite reads its own files"),
          Map.entry("enclave.launch.StartupCache.untrusted", "permissions only"),
          // Parts of what has a target.
          Map.entry("cli.CaptureFile.read", "a file around protocol.Capture.parse"),
          Map.entry("enclave.message.Request$Door.fromJson", "in enclave-request"),
          Map.entry("enclave.message.Request$Saved.fromJson", "in enclave-request"),
          Map.entry("enclave.state.SealedVariables.open", "state-container, then uefi-variables"),
          Map.entry("evidence.eventlog.SpecId.parse", "in event-log"),
          Map.entry("evidence.eventlog.SignatureEntry.parse", "in event-log and revocations"),
          Map.entry("evidence.x509.UntrustedCertificate.parse", "in certificate"),
          Map.entry("disk.luks.Luks2Header.read", "in luks2-header"),
          Map.entry("host.vm.GuestNetwork.fromJson", "in vm-definition"),
          Map.entry("hgs.policy.ImageManifestDocument.read", "public-key-file, image-manifest"),
          Map.entry("protector.Assurance.fromJson", "in key-protector"),
          Map.entry("protector.Guardian.fromJson", "in guardian"),
          Map.entry("protector.Json.parseMessage", "json, and every message"),
          Map.entry("protector.KeyProtector.fromJson", "in key-protector"),
          Map.entry("protector.LeaseWord$Subject.fromJson", "in lease-word"),
          Map.entry("protector.Release.fromJson", "in release"),
          Map.entry("protector.ReleaseRequest$Purpose.fromJson", "in release-request"),
          Map.entry("protector.ShieldingData.fromJson", "in shielding-data"),
          Map.entry("protector.SignedDocument.verified", "in image-manifest"),
          Map.entry("protector.VolumeSignatureCatalog.fromJson", "in catalog"),
          Map.entry("protector.secret.AesGcm.open", "one call of the JDK's cipher"),
          Map.entry("tpm.PemPublicKey.parseDer", "in pem-public-key"),
          Map.entry("tpm.PcrSelection.read", "in tpm-pcr-selection"),
          Map.entry("tpm.TpmAttest$ClockInfo.read", "in tpm-attest"),
          Map.entry("tpm.TpmHash.read", "in tpm-attest"),
          Map.entry("tpm.TpmPublic.readSized", "in tpm-public"),
          Map.entry("tpm.TpmSignature.read", "in tpm-signature"));

  private static Set<String> parsers() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.shieldwall");
    return classes.stream()
        .filter(each -> !each.getPackageName().startsWith(ROOT + "lab"))
        .filter(each -> each.getModifiers().contains(JavaModifier.PUBLIC))
        .flatMap(each -> each.getMethods().stream())
        .filter(EveryParserTest::reads)
        .map(each -> name(each.getOwner(), each.getName()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean reads(JavaMethod method) {
    return method.getModifiers().containsAll(Set.of(JavaModifier.PUBLIC, JavaModifier.STATIC))
        && READS.matcher(method.getName()).matches()
        && method.getRawParameterTypes().stream()
            .map(JavaClass::getName)
            .map(each -> each.equals("[B") ? "byte[]" : each)
            .anyMatch(INPUTS::contains);
  }

  private static Set<String> fuzzed() {
    JavaClasses targets =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
            .importPackages("org.shieldwall");
    return targets.stream()
        .filter(each ->
            each.getPackageName().equals(ROOT + "lab.fuzz")
                || each.getSimpleName().endsWith("Reading"))
        .flatMap(EveryParserTest::called)
        .map(each -> name(each.getOwner(), each.getName()))
        .collect(Collectors.toSet());
  }

  private static Stream<CodeUnitAccessTarget> called(JavaClass each) {
    return Stream.concat(
        each.getCodeUnitCallsFromSelf().stream().map(call -> call.getTarget()),
        each.getCodeUnitReferencesFromSelf().stream().map(reference -> reference.getTarget()));
  }

  private static String name(JavaClass owner, String method) {
    return owner.getName().replaceFirst("^org\\.shieldwall\\.", "") + "." + method;
  }

  @Test
  void everyParserIsFuzzedOrSaysWhyNot() {
    Set<String> parsers = parsers();
    assertThat(parsers)
        .as("the search finds what is there")
        .hasSizeGreaterThan(60)
        .contains("tpm.TpmAttest.parse", "protocol.DirectoryReply.parse");
    Set<String> missing = new TreeSet<>(parsers);
    missing.removeAll(fuzzed());
    missing.removeAll(WITHOUT.keySet());
    assertThat(missing).as("without a fuzz target").isEmpty();
  }

  @Test
  void whatHasNoTargetIsThereStill() {
    assertThat(parsers()).containsAll(WITHOUT.keySet());
    Set<String> fuzzed = fuzzed();
    assertThat(WITHOUT.keySet().stream().filter(fuzzed::contains))
        .as("with a target after all")
        .isEmpty();
  }
}
