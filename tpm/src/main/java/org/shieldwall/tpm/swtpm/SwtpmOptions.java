package org.shieldwall.tpm.swtpm;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How to start an swtpm.
 *
 * @param prefix what stands before {@code swtpm} on the command line, e.g. a sandbox; often empty
 * @param stateDirectory where its state files are; absolute, for swtpm itself would take a relative
 *     one from elsewhere and go into failure mode
 * @param runtimeDirectory where its sockets and its log are; absolute and short, since a unix
 *     socket's path has 107 bytes at most
 * @param dataSocket whether TPM commands are taken on a socket of their own, {@code tpm.sock}; QEMU
 *     hands its own over on the control channel instead
 * @param poweredOn whether the TPM is powered on at once; otherwise {@link SwtpmControl#init} or
 *     QEMU does it
 */
public record SwtpmOptions(
    List<String> prefix,
    Path stateDirectory,
    Path runtimeDirectory,
    boolean dataSocket,
    boolean poweredOn) {
  private static final int LONGEST_SOCKET_PATH = 107;

  // tpm2-tools, given swtpm:path=X, looks for the control channel at X.ctrl.
  private static final String SOCKET = "tpm.sock";
  private static final String CONTROL_SOCKET = SOCKET + ".ctrl";

  /** Refuses relative and overlong paths. */
  public SwtpmOptions {
    prefix = List.copyOf(prefix);
    if (!stateDirectory.isAbsolute() || !runtimeDirectory.isAbsolute()) {
      throw new IllegalArgumentException("swtpm's directories must be absolute paths");
    }
    Path longest = runtimeDirectory.resolve(CONTROL_SOCKET);
    if (longest.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET_PATH) {
      throw new IllegalArgumentException("too long for a unix socket: " + longest);
    }
    if (stateDirectory.toString().indexOf(',') >= 0
        || runtimeDirectory.toString().indexOf(',') >= 0) {
      throw new IllegalArgumentException("swtpm's options have no way to write a comma in a path");
    }
  }

  /** {@return a TPM to speak to directly, powered on} */
  public static SwtpmOptions standalone(Path stateDirectory, Path runtimeDirectory) {
    return new SwtpmOptions(List.of(), stateDirectory, runtimeDirectory, true, true);
  }

  /** {@return a TPM that is powered on, and given its commands, through the control channel} */
  public static SwtpmOptions controlled(Path stateDirectory, Path runtimeDirectory) {
    return new SwtpmOptions(List.of(), stateDirectory, runtimeDirectory, false, false);
  }

  /** {@return the same, with the data socket} */
  public SwtpmOptions withDataSocket() {
    return new SwtpmOptions(prefix, stateDirectory, runtimeDirectory, true, poweredOn);
  }

  /** {@return the same, started by another program} */
  public SwtpmOptions withPrefix(List<String> words) {
    return new SwtpmOptions(words, stateDirectory, runtimeDirectory, dataSocket, poweredOn);
  }

  /** {@return the socket for TPM commands} */
  public Path dataSocketPath() {
    return runtimeDirectory.resolve(SOCKET);
  }

  /** {@return the socket of the control channel} */
  public Path controlSocketPath() {
    return runtimeDirectory.resolve(CONTROL_SOCKET);
  }

  /** {@return the file its messages go to} */
  public Path logPath() {
    return runtimeDirectory.resolve("swtpm.log");
  }

  /**
   * {@return the command line}
   *
   * @param encrypted whether the state's key, 32 bytes, comes on standard input
   */
  public List<String> commandLine(boolean encrypted) {
    List<String> words = new ArrayList<>(prefix);
    words.addAll(List.of("swtpm", "socket", "--tpm2"));
    words.addAll(List.of("--tpmstate", "dir=" + stateDirectory + ",mode=0600"));
    words.addAll(List.of("--ctrl", "type=unixio,path=" + controlSocketPath() + ",mode=0600"));
    if (dataSocket) {
      words.addAll(List.of("--server", "type=unixio,path=" + dataSocketPath() + ",mode=0600"));
    }
    if (poweredOn) {
      words.addAll(List.of("--flags", "not-need-init"));
    }
    if (encrypted) {
      words.addAll(List.of("--key", "fd=0,mode=aes-256-cbc,format=binary"));
    }
    return words;
  }
}
