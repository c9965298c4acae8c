package org.shieldwall.tpm.command;

import org.shieldwall.tpm.Bytes;

/**
 * TPMT_TK_VERIFIED (Part 2, section 10.7.4): this TPM's own note that it has checked a signature.
 *
 * @param raw the ticket's bytes
 */
public record VerifiedTicket(Bytes raw) {}
