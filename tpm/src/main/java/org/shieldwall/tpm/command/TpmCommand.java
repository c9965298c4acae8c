package org.shieldwall.tpm.command;

/**
 * The commands used here, with their TPM_CC (Part 2, section 6.5.2). Each constant is the
 * specification's name in capitals.
 */
@SuppressWarnings("MissingSummary")
public enum TpmCommand {
  EVICT_CONTROL(0x120, "TPM2_EvictControl"),
  NV_UNDEFINE_SPACE(0x122, "TPM2_NV_UndefineSpace"),
  NV_DEFINE_SPACE(0x12A, "TPM2_NV_DefineSpace"),
  PCR_ALLOCATE(0x12B, "TPM2_PCR_Allocate"),
  CREATE_PRIMARY(0x131, "TPM2_CreatePrimary"),
  NV_WRITE(0x137, "TPM2_NV_Write"),
  DICTIONARY_ATTACK_LOCK_RESET(0x139, "TPM2_DictionaryAttackLockReset"),
  DICTIONARY_ATTACK_PARAMETERS(0x13A, "TPM2_DictionaryAttackParameters"),
  SELF_TEST(0x143, "TPM2_SelfTest"),
  STARTUP(0x144, "TPM2_Startup"),
  SHUTDOWN(0x145, "TPM2_Shutdown"),
  ACTIVATE_CREDENTIAL(0x147, "TPM2_ActivateCredential"),
  NV_READ(0x14E, "TPM2_NV_Read"),
  POLICY_SECRET(0x151, "TPM2_PolicySecret"),
  CREATE(0x153, "TPM2_Create"),
  LOAD(0x157, "TPM2_Load"),
  QUOTE(0x158, "TPM2_Quote"),
  UNSEAL(0x15E, "TPM2_Unseal"),
  FLUSH_CONTEXT(0x165, "TPM2_FlushContext"),
  LOAD_EXTERNAL(0x167, "TPM2_LoadExternal"),
  MAKE_CREDENTIAL(0x168, "TPM2_MakeCredential"),
  NV_READ_PUBLIC(0x169, "TPM2_NV_ReadPublic"),
  POLICY_AUTHORIZE(0x16A, "TPM2_PolicyAuthorize"),
  POLICY_AUTH_VALUE(0x16B, "TPM2_PolicyAuthValue"),
  READ_PUBLIC(0x173, "TPM2_ReadPublic"),
  START_AUTH_SESSION(0x176, "TPM2_StartAuthSession"),
  SIGN(0x15D, "TPM2_Sign"),
  VERIFY_SIGNATURE(0x177, "TPM2_VerifySignature"),
  GET_CAPABILITY(0x17A, "TPM2_GetCapability"),
  GET_RANDOM(0x17B, "TPM2_GetRandom"),
  PCR_READ(0x17E, "TPM2_PCR_Read"),
  POLICY_PCR(0x17F, "TPM2_PolicyPCR"),
  READ_CLOCK(0x181, "TPM2_ReadClock"),
  PCR_EXTEND(0x182, "TPM2_PCR_Extend"),
  POLICY_GET_DIGEST(0x189, "TPM2_PolicyGetDigest");

  private final int code;
  private final String label;

  TpmCommand(int code, String label) {
    this.code = code;
    this.label = label;
  }

  /** {@return the TPM_CC} */
  public int code() {
    return code;
  }

  /** {@return the specification's name} */
  public String label() {
    return label;
  }
}
