package org.shieldwall.cli.host;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.shieldwall.hgs.HgsConfig;
import org.shieldwall.hgs.HgsFolder;
import org.shieldwall.hgs.HgsServer;
import org.shieldwall.hgs.HgsSetup;
import org.shieldwall.hgs.admin.Administration;
import org.shieldwall.hgs.policy.PolicyFiles;
import org.shieldwall.hgs.policy.PolicyReader;
import org.shieldwall.hgs.store.Database;
import org.shieldwall.protector.SealedFile.Unlock;
import org.shieldwall.tpm.Bytes;

/** A Host Guardian Service on a free port, that asks which files ran. */
final class ServingHgs implements AutoCloseable {
  static final String POLICY =
      """
      name = "default"
      version = 2
      [checks.code-integrity]
      enabled = true
      allow = "ima.txt"
      """;

  private final HgsFolder folder;
  private final HgsServer server;

  private ServingHgs(HgsFolder folder) throws Exception {
    this.folder = folder;
    this.server = start();
  }

  /** Starts one that allows these files and no other. */
  static ServingHgs allowing(Path path, List<Bytes> digests) throws Exception {
    HgsFolder folder = new HgsFolder(path);
    new HgsSetup(InstantSource.system(), new SecureRandom())
        .create(folder, HgsSetup.Address.named("localhost"), Optional.empty(), Optional.empty());
    Files.write(
        path.resolve("ima.txt"),
        Stream.concat(Stream.of(PlayedHost.INIT), digests.stream())
            .map(digest -> "sha256:" + digest.hex())
            .toList());
    try (Database database = folder.openDatabase()) {
      new Administration(database, InstantSource.system())
          .policies()
          .add(PolicyReader.read("policy", POLICY, PolicyFiles.in(path)), false);
    }
    return new ServingHgs(folder);
  }

  private HgsServer start() throws Exception {
    HgsConfig config = folder.readConfiguration().listeningOn("127.0.0.1", 0);
    Unlock unlock = new Unlock.KeyFile(config.keyFile().orElseThrow());
    return HgsServer.start(folder, config, unlock, InstantSource.system(), new SecureRandom());
  }

  URI url() {
    return server.url();
  }

  Path certificate() {
    return folder.certificate();
  }

  /** {@return {@code hgs} and the words, typed at this service} */
  PlayedHost.Said hgs(Object... words) {
    Object[] line = new Object[words.length + 3];
    line[0] = "hgs";
    System.arraycopy(words, 0, line, 1, words.length);
    line[words.length + 1] = "--dir";
    line[words.length + 2] = folder.path();
    return PlayedHost.type(line);
  }

  @Override
  public void close() {
    server.close();
  }
}
