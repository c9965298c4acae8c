package org.shieldwall.evidence.eventlog;

import org.shieldwall.tpm.Bytes;

/**
 * Something of which only the digest is known.
 *
 * @param event index of the event
 * @param digest what was extended, in the facts' bank
 * @param claimedName what the log says it is called: proven by nothing; may be empty
 */
public record MeasuredDigest(int event, Bytes digest, String claimedName) {}
