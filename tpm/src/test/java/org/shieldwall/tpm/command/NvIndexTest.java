package org.shieldwall.tpm.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.shieldwall.tpm.ByteReader;
import org.shieldwall.tpm.Bytes;
import org.shieldwall.tpm.MalformedException;
import org.shieldwall.tpm.TpmHash;

/** What a TPM says of an NV index. */
class NvIndexTest {
  private static final int HANDLE = 0x01C00002;

  private static NvIndex read(TpmHash nameAlg) throws MalformedException {
    NvIndex index = new NvIndex(HANDLE, nameAlg, NvIndex.NO_DA, Bytes.EMPTY, 13);
    return NvIndex.read(ByteReader.bigEndian(index.marshal().toArray(), "nvPublic"));
  }

  @Test
  void givenAnIndexThenItReadsAsItWasWrittenAndHasItsName() throws MalformedException {
    NvIndex index = read(TpmHash.SHA256);
    assertThat(index.handle()).isEqualTo(HANDLE);
    assertThat(index.dataSize()).isEqualTo(13);
    assertThat(index.tpmName().value().length()).isEqualTo(2 + 32);
  }

  @Test
  void givenAHashThatIsKnownByNameOnlyThenTheIndexIsRefusedAndNoFault() {
    assertThatThrownBy(() -> read(TpmHash.SM3_256))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("sm3_256");
  }
}
