/**
 * Software TPMs: starting {@code swtpm}, and its control channel, through which a virtual TPM's
 * state is taken out under one key and put back under another.
 */
@NullMarked
package org.shieldwall.tpm.swtpm;

import org.jspecify.annotations.NullMarked;
