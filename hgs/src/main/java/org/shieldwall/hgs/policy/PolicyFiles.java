package org.shieldwall.hgs.policy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.shieldwall.tpm.Bytes;

/** Where the files are that a policy document names. */
public interface PolicyFiles {
  /** The most that one may have. */
  int MOST = 16 << 20;

  /** {@return the file that is named so; nothing if there is none, or it cannot be read} */
  Optional<Bytes> read(String name) throws IOException;

  /** {@return files that were kept with the document} */
  static PolicyFiles of(Map<String, Bytes> kept) {
    return name -> Optional.ofNullable(kept.get(name));
  }

  /** {@return files in a folder, where relative names start} */
  static PolicyFiles in(Path folder) {
    return name -> {
      Path file = folder.resolve(name);
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(MOST + 1);
        if (bytes.length > MOST) {
          throw new IOException("it is larger than " + MOST + " bytes");
        }
        return Optional.of(Bytes.of(bytes));
      }
    };
  }
}
