/**
 * TCG event logs: what firmware and boot loaders say they measured, parsed strictly, replayed into
 * PCR values, and read for facts.
 *
 * <p>Whoever controls the machine controls the log. A quote proves one thing only: the sequence of
 * digests extended into each PCR. An event's type and data are outside that proof, so a fact is
 * drawn from an event only where its data hashes to its digest, and an event that cannot be
 * accounted for in a PCR that is reasoned about is a {@link
 * org.shieldwall.evidence.eventlog.LogProblem}, never skipped.
 *
 * <p>Sections cited are those of the TCG PC Client Platform Firmware Profile (PFP), version 1.06,
 * unless another document is named.
 */
@NullMarked
package org.shieldwall.evidence.eventlog;

import org.jspecify.annotations.NullMarked;
