/**
 * How a host proves itself: its TPM's endorsement and attestation keys, the answer to a challenge,
 * the health certificate. Nothing in here is secret from the host's root.
 */
@NullMarked
package org.shieldwall.host.attest;

import org.jspecify.annotations.NullMarked;
