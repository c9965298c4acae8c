/**
 * Commands to a TPM 2.0 over a transport: a character device, or an swtpm's socket. Start with
 * {@link org.shieldwall.tpm.command.Tpm#over}.
 */
@NullMarked
package org.shieldwall.tpm.command;

import org.jspecify.annotations.NullMarked;
