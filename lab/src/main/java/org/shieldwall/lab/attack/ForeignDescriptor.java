package org.shieldwall.lab.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** An open file of another process, taken over by pidfd_getfd(2). */
final class ForeignDescriptor {
  private ForeignDescriptor() {}

  /** {@return a path that names what the process has open as {@code number}} */
  static Path take(long pid, int number) throws RawCall.RefusedException {
    long process = RawCall.PIDFD_OPEN.call(pid, 0);
    return Path.of("/proc/self/fd/" + RawCall.PIDFD_GETFD.call(process, number, 0));
  }

  /** {@return the numbers under which a process has sockets open} */
  static List<Integer> sockets(long pid) throws IOException {
    List<Integer> numbers = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path link : links.toList()) {
        if (Files.readSymbolicLink(link).toString().startsWith("socket:")) {
          numbers.add(Integer.parseInt(link.getFileName().toString()));
        }
      }
    }
    return numbers;
  }
}
