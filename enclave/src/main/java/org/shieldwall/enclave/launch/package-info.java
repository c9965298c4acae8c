/**
 * How the enclave's process is started. The agent does it and holds nothing of the enclave's
 * afterwards but its socket's path.
 */
@NullMarked
package org.shieldwall.enclave.launch;

import org.jspecify.annotations.NullMarked;
