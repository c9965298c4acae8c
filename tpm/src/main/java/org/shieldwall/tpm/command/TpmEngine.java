package org.shieldwall.tpm.command;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.MalformedException;

/**
 * Sends requests and takes responses apart (Part 1, section 18). Buffers that held a command or a
 * response are wiped: some carry authorization values or sealed secrets.
 */
final class TpmEngine implements AutoCloseable {
  private static final int NO_SESSIONS = 0x8001;
  private static final int SESSIONS = 0x8002;

  private final TpmTransport transport;
  private final SecureRandom random;
  private final Retry retry;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean unusable;

  TpmEngine(TpmTransport transport, SecureRandom random, Retry retry) {
    this.transport = transport;
    this.random = random;
    this.retry = retry;
  }

  /** Takes what it wants out of a successful response's parameters. */
  interface Answer<T> {
    /**
     * {@return what the response means}
     *
     * @param parameters the parameters, and nothing else
     */
    T read(ByteReader parameters) throws MalformedException;
  }

  /** The same, for commands whose response begins with a handle. */
  interface HandleAnswer<T> {
    T read(int handle, ByteReader parameters) throws MalformedException;
  }

  SecureRandom random() {
    return random;
  }

  boolean isUnusable() {
    return unusable;
  }

  void execute(Request request) throws TpmException {
    execute(request, false, (handle, parameters) -> "");
  }

  <T> T execute(Request request, Answer<T> answer) throws TpmException {
    return execute(request, false, (handle, parameters) -> answer.read(parameters));
  }

  <T> T executeForHandle(Request request, HandleAnswer<T> answer) throws TpmException {
    return execute(request, true, answer);
  }

  /** Frees a slot; does nothing if the TPM can no longer be spoken to, which was said already. */
  void flush(int handle) throws TpmException {
    if (unusable) {
      return;
    }
    execute(Request.of(TpmCommand.FLUSH_CONTEXT).u32(handle));
  }

  private <T> T execute(Request request, boolean handle, HandleAnswer<T> answer)
      throws TpmException {
    lock.lock();
    try {
      if (unusable) {
        throw new TpmUnusableException(request.command(), "an earlier command was not answered");
      }
      AuthorizationArea area = AuthorizationArea.of(request, random);
      byte[] command = marshal(request, area);
      byte[] response = {};
      try {
        response = transmit(request.command(), command);
        return read(request, area, handle, response, answer);
      } finally {
        Arrays.fill(command, (byte) 0);
        Arrays.fill(response, (byte) 0);
      }
    } finally {
      request.parameters().wipe();
      lock.unlock();
    }
  }

  private static byte[] marshal(Request request, AuthorizationArea area) {
    ByteWriter body = new ByteWriter();
    request.writeHandles(body);
    area.write(body);
    byte[] parameters = request.parameters().toByteArray();
    body.bytes(parameters);
    byte[] bytes = body.toByteArray();
    ByteWriter out = new ByteWriter();
    out.u16(area.isEmpty() ? NO_SESSIONS : SESSIONS);
    out.u32(TpmTransport.HEADER + bytes.length).u32(request.command().code()).bytes(bytes);
    byte[] command = out.toByteArray();
    out.wipe();
    body.wipe();
    Arrays.fill(parameters, (byte) 0);
    Arrays.fill(bytes, (byte) 0);
    return command;
  }

  private byte[] transmit(TpmCommand name, byte[] command) throws TpmException {
    for (int attempt = 1; ; attempt++) {
      byte[] response;
      try {
        response = transport.transmit(command);
      } catch (IOException e) {
        unusable = true;
        throw new TpmUnusableException(name, e);
      }
      ResponseCode code = code(name, response);
      if (code.value() == 0) {
        return response;
      }
      if (!code.rc().asksToRetry() || attempt == retry.attempts()) {
        throw new TpmRefusedException(name, code);
      }
      try {
        retry.pauseBefore(attempt + 1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TpmUnusableException(name, e);
      }
    }
  }

  private ResponseCode code(TpmCommand name, byte[] response) throws TpmUnusableException {
    try {
      ByteReader in = ByteReader.bigEndian(response, "response");
      in.u16("tag");
      long size = in.u32("responseSize");
      if (size != response.length) {
        throw in.malformed(response.length + " as responseSize", Long.toString(size));
      }
      return new ResponseCode((int) in.u32("responseCode"));
    } catch (MalformedException e) {
      unusable = true;
      throw new TpmUnusableException(name, e);
    }
  }

  private <T> T read(
      Request request,
      AuthorizationArea area,
      boolean withHandle,
      byte[] response,
      HandleAnswer<T> answer)
      throws TpmException {
    try {
      ByteReader in = ByteReader.bigEndian(response, request.command().label());
      int tag = in.u16("tag");
      int expected = area.isEmpty() ? NO_SESSIONS : SESSIONS;
      if (tag != expected) {
        throw in.malformed("tag 0x%04x".formatted(expected), "0x%04x".formatted(tag));
      }
      in.u32("responseSize");
      in.u32("responseCode");
      int handle = withHandle ? (int) in.u32("handle") : 0;
      long length = area.isEmpty() ? in.remaining() : in.u32("parameterSize");
      int from = (int) in.offset();
      ByteReader parameters = in.slice(length, "parameters");
      area.check(request.command(), Arrays.copyOfRange(response, from, from + (int) length), in);
      T result = answer.read(handle, parameters);
      parameters.end();
      return result;
    } catch (MalformedException e) {
      unusable = true;
      throw new TpmUnusableException(request.command(), e);
    }
  }

  @Override
  public void close() throws TpmException {
    try {
      transport.close();
    } catch (IOException e) {
      throw new TpmUnusableException(TpmCommand.SHUTDOWN, e);
    }
  }
}
