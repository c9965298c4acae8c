package org.shieldwall.tpm.command;

import java.util.stream.Stream;

/**
 * TPM_RC (Part 2, section 6.6) without the bits that say which handle, session or parameter is
 * meant. Each constant is the specification's name without its prefix.
 */
@SuppressWarnings("MissingSummary")
public enum TpmRc {
  SUCCESS(0x000),
  BAD_TAG(0x01E),
  INITIALIZE(0x100),
  FAILURE(0x101),
  SEQUENCE(0x103),
  PRIVATE(0x10B),
  HMAC(0x119),
  DISABLED(0x120),
  EXCLUSIVE(0x121),
  AUTH_TYPE(0x124),
  AUTH_MISSING(0x125),
  POLICY(0x126),
  PCR(0x127),
  PCR_CHANGED(0x128),
  UPGRADE(0x12D),
  TOO_MANY_CONTEXTS(0x12E),
  AUTH_UNAVAILABLE(0x12F),
  REBOOT(0x130),
  UNBALANCED(0x131),
  COMMAND_SIZE(0x142),
  COMMAND_CODE(0x143),
  AUTHSIZE(0x144),
  AUTH_CONTEXT(0x145),
  NV_RANGE(0x146),
  NV_SIZE(0x147),
  NV_LOCKED(0x148),
  NV_AUTHORIZATION(0x149),
  NV_UNINITIALIZED(0x14A),
  NV_SPACE(0x14B),
  NV_DEFINED(0x14C),
  BAD_CONTEXT(0x150),
  CPHASH(0x151),
  PARENT(0x152),
  NEEDS_TEST(0x153),
  NO_RESULT(0x154),
  SENSITIVE(0x155),
  CONTEXT_GAP(0x901),
  OBJECT_MEMORY(0x902),
  SESSION_MEMORY(0x903),
  MEMORY(0x904),
  SESSION_HANDLES(0x905),
  OBJECT_HANDLES(0x906),
  LOCALITY(0x907),
  YIELDED(0x908),
  CANCELED(0x909),
  TESTING(0x90A),
  REFERENCE_H0(0x910),
  REFERENCE_H1(0x911),
  REFERENCE_H2(0x912),
  REFERENCE_S0(0x918),
  REFERENCE_S1(0x919),
  REFERENCE_S2(0x91A),
  NV_RATE(0x920),
  LOCKOUT(0x921),
  RETRY(0x922),
  NV_UNAVAILABLE(0x923),
  ASYMMETRIC(0x081),
  ATTRIBUTES(0x082),
  HASH(0x083),
  VALUE(0x084),
  HIERARCHY(0x085),
  KEY_SIZE(0x087),
  MGF(0x088),
  MODE(0x089),
  TYPE(0x08A),
  HANDLE(0x08B),
  KDF(0x08C),
  RANGE(0x08D),
  AUTH_FAIL(0x08E),
  NONCE(0x08F),
  PP(0x090),
  SCHEME(0x092),
  SIZE(0x095),
  SYMMETRIC(0x096),
  TAG(0x097),
  SELECTOR(0x098),
  INSUFFICIENT(0x09A),
  SIGNATURE(0x09B),
  KEY(0x09C),
  POLICY_FAIL(0x09D),
  INTEGRITY(0x09F),
  TICKET(0x0A0),
  RESERVED_BITS(0x0A1),
  BAD_AUTH(0x0A2),
  EXPIRED(0x0A3),
  POLICY_CC(0x0A4),
  BINDING(0x0A5),
  CURVE(0x0A6),
  ECC_POINT(0x0A7),
  /** A code this program has no name for. */
  UNKNOWN(-1);

  private final int number;

  TpmRc(int number) {
    this.number = number;
  }

  static TpmRc ofNumber(int number) {
    return Stream.of(values()).filter(each -> each.number == number).findFirst().orElse(UNKNOWN);
  }

  /** {@return whether the same command may succeed when sent again} */
  boolean asksToRetry() {
    return switch (this) {
      case RETRY, YIELDED, TESTING, NV_RATE -> true;
      default -> false;
    };
  }

  /**
   * {@return what it means for whoever runs the machine, in a sentence; empty if nothing special}
   */
  String hint() {
    return switch (this) {
      case LOCKOUT ->
          "the TPM is in dictionary-attack lockout: wait for its recovery time, or reset it with"
              + " 'tpm2_dictionarylockout --clear-lockout'";
      case FAILURE -> "the TPM is in failure mode: power the machine off and on";
      case INITIALIZE -> "the TPM has not been started, or was started twice";
      case POLICY_FAIL, PCR_CHANGED ->
          "the machine's state is not the one the object was sealed to";
      case AUTH_FAIL, BAD_AUTH -> "the authorization value is wrong";
      case INTEGRITY -> "the object belongs to another TPM, another parent, or has been altered";
      case OBJECT_MEMORY, OBJECT_HANDLES, SESSION_MEMORY, SESSION_HANDLES ->
          "all of the TPM's slots are taken: use /dev/tpmrm0 rather than /dev/tpm0";
      case HIERARCHY -> "the hierarchy is disabled: enable the TPM in the firmware's settings";
      case RETRY, YIELDED, TESTING, NV_RATE -> "the TPM is busy: try again";
      case HANDLE -> "the TPM holds no such object";
      case COMMAND_CODE -> "the TPM does not offer this command";
      case REBOOT -> "the TPM asks for a restart of the machine";
      default -> "";
    };
  }
}
