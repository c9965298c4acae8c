package org.shieldwall.disk.seal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The guest's own code: Debian's libcryptsetup with systemd's token library, asked to open a volume
 * by its token alone. No device is made, so it needs neither root nor the device mapper.
 */
public final class StockCryptsetup {
  private static final Path PLUGIN =
      Path.of("/usr/lib/x86_64-linux-gnu/cryptsetup/libcryptsetup-token-systemd-tpm2.so");
  private static final Path TCTI = Path.of("/usr/lib/x86_64-linux-gnu/libtss2-tcti-swtpm.so.0");

  /** ENOENT: no token gives a passphrase, here because PCR 7 is not what it was sealed to. */
  public static final int POLICY_DIFFERS = -2;

  /** ENOTRECOVERABLE: the TPM refuses the blob, not having made it. */
  public static final int FOREIGN_TPM = -131;

  private StockCryptsetup() {}

  /** {@return the keyslot that the token's passphrase opens, or a negative errno} */
  public static int openByToken(Path image, String tcti) throws Throwable {
    assumeTrue(Files.exists(PLUGIN), "no systemd token library: apt-get install systemd");
    assumeTrue(Files.exists(TCTI), "no TCTI: apt-get install libtss2-tcti-swtpm0");
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup library = library(arena);
      MemorySegment slot = arena.allocate(ADDRESS);
      int loaded = call(library, "crypt_init", slot, arena.allocateFrom(image.toString()));
      assertThat(loaded).isZero();
      MemorySegment device = slot.get(ADDRESS, 0);
      MemorySegment type = arena.allocateFrom("LUKS2");
      var load =
          Linker.nativeLinker()
              .downcallHandle(
                  library.findOrThrow("crypt_load"),
                  FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
      assertThat((int) load.invokeExact(device, type, MemorySegment.NULL)).isZero();
      // systemd 252, cryptsetup-token-systemd-tpm2: which PCRs, which device, which signature.
      MemorySegment parameters = arena.allocate(24, 8);
      parameters.set(JAVA_INT, 0, -1);
      parameters.set(ADDRESS, 8, arena.allocateFrom(tcti));
      var activate =
          Linker.nativeLinker()
              .downcallHandle(
                  library.findOrThrow("crypt_activate_by_token_pin"),
                  FunctionDescriptor.of(
                      JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS,
                      JAVA_INT));
      int opened =
          (int)
              activate.invokeExact(
                  device,
                  MemorySegment.NULL,
                  arena.allocateFrom("systemd-tpm2"),
                  0,
                  MemorySegment.NULL,
                  0L,
                  parameters,
                  0);
      Linker.nativeLinker()
          .downcallHandle(library.findOrThrow("crypt_free"), FunctionDescriptor.ofVoid(ADDRESS))
          .invokeExact(device);
      return opened;
    }
  }

  private static SymbolLookup library(Arena arena) {
    try {
      return SymbolLookup.libraryLookup("libcryptsetup.so.12", arena);
    } catch (IllegalArgumentException e) {
      assumeTrue(false, "no libcryptsetup.so.12: apt-get install libcryptsetup12");
      throw e;
    }
  }

  private static int call(
      SymbolLookup library, String name, MemorySegment first, MemorySegment second)
      throws Throwable {
    return (int)
        Linker.nativeLinker()
            .downcallHandle(
                library.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS))
            .invokeExact(first, second);
  }
}
