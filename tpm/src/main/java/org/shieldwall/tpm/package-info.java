/**
 * TPM 2.0 as a verifier and a host need it: structures as the TCG Library specification names them,
 * commands over a transport, names and policies, and the half of credential activation done without
 * a TPM.
 */
@NullMarked
package org.shieldwall.tpm;

import org.jspecify.annotations.NullMarked;
