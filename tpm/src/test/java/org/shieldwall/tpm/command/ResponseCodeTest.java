package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Response codes as TPMs and the kernel's resource manager send them. */
class ResponseCodeTest {
  @ParameterizedTest
  @CsvSource({
    "0x922,   RETRY,     TPM_RC_RETRY 0x922",
    "0x921,   LOCKOUT,   TPM_RC_LOCKOUT 0x921",
    "0x101,   FAILURE,   TPM_RC_FAILURE 0x101",
    "0x18b,   HANDLE,    TPM_RC_HANDLE (handle 1) 0x18b",
    "0x1df,   INTEGRITY, TPM_RC_INTEGRITY (parameter 1) 0x1df",
    "0x99d,   POLICY_FAIL, TPM_RC_POLICY_FAIL (session 1) 0x99d",
    "0xfc4,   VALUE,     TPM_RC_VALUE (parameter 15) 0xfc4",
    "0x084,   VALUE,     TPM_RC_VALUE 0x084",
    "0xb0143, COMMAND_CODE, TPM_RC_COMMAND_CODE 0xb0143",
    "0x1e,    BAD_TAG,   TPM_RC_BAD_TAG 0x01e",
    "0x7ff,   UNKNOWN,   TPM_RC_UNKNOWN (parameter 7) 0x7ff"
  })
  void givenACodeThenItIsTakenApart(String code, TpmRc rc, String text) {
    ResponseCode decoded = new ResponseCode(Integer.decode(code));
    assertThat(decoded.rc()).isEqualTo(rc);
    assertThat(decoded).hasToString(text);
  }
}
