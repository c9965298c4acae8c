package org.shieldwall.enclave.posix;

import java.io.IOException;

/** A system call that failed: its name, its error number and what the C library says about it. */
public final class SystemCallException extends IOException {
  /** Interrupted by a signal: the caller tries again. */
  public static final int EINTR = 4;

  /** No such device or resource at the moment. */
  public static final int EAGAIN = 11;

  /** The other side does not read any more. */
  public static final int EPIPE = 32;

  /** Nobody listens there. */
  public static final int ECONNREFUSED = 111;

  private final String call;
  private final int errno;

  SystemCallException(String call, int errno) {
    super(call + ": " + text(errno));
    this.call = call;
    this.errno = errno;
  }

  /** {@return name of the call, e.g. {@code connect}} */
  public String call() {
    return call;
  }

  /** {@return the error number} */
  public int errno() {
    return errno;
  }

  // The numbers are the kernel's (asm-generic/errno-base.h, errno.h): the same on x86-64 and arm64.
  private static String text(int errno) {
    return switch (errno) {
      case 1 -> "not permitted (EPERM)";
      case 2 -> "no such file (ENOENT)";
      case EINTR -> "interrupted (EINTR)";
      case 9 -> "bad descriptor (EBADF)";
      case EAGAIN -> "not available or over a limit (EAGAIN)";
      case 12 -> "no memory, or over the locked memory limit (ENOMEM)";
      case 13 -> "permission denied (EACCES)";
      case 17 -> "exists already (EEXIST)";
      case 22 -> "invalid argument (EINVAL)";
      case 24 -> "too many open files (EMFILE)";
      case 20 -> "no directory (ENOTDIR)";
      case 28 -> "no space left (ENOSPC)";
      case EPIPE -> "the other side is gone (EPIPE)";
      case 38 -> "not offered by this kernel (ENOSYS)";
      case 40 -> "a symbolic link (ELOOP)";
      case 98 -> "address in use (EADDRINUSE)";
      case 104 -> "reset by the other side (ECONNRESET)";
      case 107 -> "not connected (ENOTCONN)";
      case ECONNREFUSED -> "nobody listens there (ECONNREFUSED)";
      default -> "error number " + errno;
    };
  }
}
