package org.shieldwall.enclave.message;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** What the enclave answers: any number of {@link Progress}, then one of the others. */
public sealed interface Answer {
  /** How far long work is. */
  record Progress(String stage, long done, long total) implements Answer {}

  /** What ends an answer. */
  sealed interface Final extends Answer {}

  /**
   * The enclave's public keys.
   *
   * @param keys key set document
   * @param id the id PCR 15 was extended with
   */
  record EnclaveKeys(JsonNode keys, String id, Confinement confinement) implements Final {}

  /**
   * A release request.
   *
   * @param session names it in the message that brings the release
   * @param request the signed request
   */
  record Prepared(String session, JsonNode request) implements Final {}

  /** A VM was made. */
  record Provisioned(UUID vm) implements Final {}

  /**
   * A VM was started.
   *
   * @param accelerator {@code kvm} or {@code tcg}
   * @param generation the generation now committed
   * @param resumed whether it goes on from saved memory
   */
  record Started(UUID vm, String accelerator, long generation, boolean resumed, double seconds)
      implements Final {}

  /**
   * A VM's memory was saved.
   *
   * @param bytes how much of it was written
   */
  record Saved(UUID vm, long bytes, double seconds) implements Final {}

  /** A VM has stopped. */
  record Stopped(UUID vm, String how, double seconds) implements Final {}

  /**
   * A VM was sent, and is halted here.
   *
   * @param bytes how much was sent
   * @param haltedSeconds how long it had been halted when all was sent
   */
  record Sent(UUID vm, long bytes, double haltedSeconds, double seconds) implements Final {}

  /** A VM goes on here as soon as the key protection service says so. */
  record TakenBack(UUID vm) implements Final {}

  /** A door was opened. */
  record Opened(UUID vm) implements Final {}

  /**
   * What the enclave says of a VM.
   *
   * @param report signed, for the key protection service
   */
  record Reported(UUID vm, JsonNode report) implements Final {}

  /** How a VM stands after an answer of the key protection service. */
  record Leased(UUID vm, VmLease lease) implements Final {}

  /** The enclave and its VMs. */
  record EnclaveStatus(
      String id,
      Confinement confinement,
      List<Protection> protections,
      Accelerator accelerator,
      List<RunningVm> vms)
      implements Final {}

  /**
   * The enclave does not do it.
   *
   * @param code one of a closed set, see {@link Refusal}, or a code of the sealed documents'
   * @param detail what was expected and what was found
   * @param remedy what mends it
   */
  record Refused(String code, String detail, String remedy) implements Final {}

  /**
   * One protection of the enclave, its workers or the kernel below them.
   *
   * @param name stable
   * @param why what it does, or why it is off and what would turn it on
   */
  record Protection(String name, boolean on, String why) {}

  /**
   * How the enclave's process is kept from others.
   *
   * @param uid the user it runs as
   * @param ownUser whether no other program runs as that user
   * @param ownNetwork whether it has a network of its own, which is empty
   * @param memoryLocked whether none of its pages can be swapped
   * @param secrets where secrets lie: {@code memfd_secret} or {@code mlock}
   * @param weaker what is weaker here than it could be, one sentence each
   */
  record Confinement(
      int uid,
      boolean ownUser,
      boolean ownNetwork,
      boolean memoryLocked,
      String secrets,
      List<String> weaker) {}

  /**
   * What workers run on.
   *
   * @param name {@code kvm}, {@code tcg}, or {@code not-yet-known}
   */
  record Accelerator(String name, String why) {}

  /**
   * A VM the enclave has started.
   *
   * @param state {@code running}, {@code paused}, {@code saving}, {@code sending}, {@code
   *     handed-over}, {@code stopping}, {@code stopped}, {@code saved} or {@code failed}
   * @param reason why it stopped or failed
   * @param lease until when it may run
   */
  record RunningVm(
      UUID vm,
      String name,
      String state,
      String accelerator,
      long generation,
      Instant since,
      Optional<String> reason,
      VmLease lease) {}

  /**
   * A VM's lease as the enclave knows it.
   *
   * @param standing {@code asked} until the first answer; {@code held}, {@code ended}, {@code
   *     elsewhere} or {@code broken}
   * @param left seconds, if it is held; 0 if they are over
   * @param whole how many there were
   */
  record VmLease(String standing, long left, long whole) {}
}
