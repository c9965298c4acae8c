/** The agent's running parts: the enclave's process, attestation over time, the admin socket. */
@NullMarked
package org.shieldwall.host.agent;

import org.jspecify.annotations.NullMarked;
