package org.shieldwall.tpm.command;

import java.util.ArrayList;
import java.util.List;
import org.shieldwall.tpm.ByteWriter;
import org.shieldwall.tpm.Bytes;

/** A command being put together: handles, their authorizations, parameters. */
final class Request {
  private final TpmCommand command;
  private final List<TpmEntity> handles = new ArrayList<>();
  private final List<Integer> plainHandles = new ArrayList<>();
  private final List<Authorization> authorizations = new ArrayList<>();
  private final ByteWriter parameters = new ByteWriter();

  private Request(TpmCommand command) {
    this.command = command;
  }

  static Request of(TpmCommand command) {
    return new Request(command);
  }

  /** A handle that the command must be authorized to use; these come first. */
  Request authorized(TpmEntity entity, Authorization authorization) {
    handles.add(entity);
    authorizations.add(authorization);
    return this;
  }

  /** A handle that needs no authorization. */
  Request handle(TpmEntity entity) {
    handles.add(entity);
    return this;
  }

  /** A handle without a name of its own: a session, or one that is only about to be looked up. */
  Request handle(int handle) {
    plainHandles.add(handle);
    return this;
  }

  Request u16(int value) {
    parameters.u16(value);
    return this;
  }

  Request u32(long value) {
    parameters.u32(value);
    return this;
  }

  Request u8(int value) {
    parameters.u8(value);
    return this;
  }

  Request bytes(Bytes value) {
    parameters.bytes(value);
    return this;
  }

  Request bytes(byte[] value) {
    parameters.bytes(value);
    return this;
  }

  Request sized(Bytes value) {
    parameters.sized(value);
    return this;
  }

  Request sized(byte[] value) {
    parameters.sized(value);
    return this;
  }

  TpmCommand command() {
    return command;
  }

  List<Authorization> authorizations() {
    return authorizations;
  }

  ByteWriter parameters() {
    return parameters;
  }

  void writeHandles(ByteWriter out) {
    handles.forEach(each -> out.u32(each.handle()));
    plainHandles.forEach(out::u32);
  }

  /** Names of the handles, in order (Part 1, section 18.7: what cpHash is computed over). */
  void writeNames(ByteWriter out) {
    handles.forEach(each -> out.bytes(each.tpmName().value()));
    plainHandles.forEach(out::u32);
  }
}
