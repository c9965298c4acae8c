/**
 * A VM's TPM: an swtpm of the enclave's own, sandboxed, its state encrypted under a key that
 * reaches it through a pipe.
 */
@NullMarked
package org.shieldwall.enclave.vtpm;

import org.jspecify.annotations.NullMarked;
